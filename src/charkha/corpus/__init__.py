"""Wikipedia dumps as clean pages: dump -> RawPage -> wikitext passes -> Page. Knows MediaWiki, and no task, model or run."""
