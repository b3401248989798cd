"""Bottom-up subsets: grown from a language's own text. One file each; the file's name is the subset's name."""
