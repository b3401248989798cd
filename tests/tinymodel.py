"""Makes a tiny random-weight GGUF that a real llama.cpp loads: `python tests/tinymodel.py OUT.gguf`.

A Qwen3 of two layers with a byte-level BPE trained on the samples of Charkha's own languages; about a second, about a
megabyte. Its words mean nothing: it exercises the engine. Needs gguf, numpy, tokenizers; no torch. The weights are the
same every time.

A constant in dimension 0 of every embedding, which no layer writes to and only the output layer reads, takes 20 from
every token that is not whole UTF-8 by itself, so that what it writes is always valid text, also inside a schema. It
favours what ends a string or a list, so that a schema is filled within a few hundred tokens.
"""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path
from typing import Any

from charkha.languages import Language, load_all

VOCABULARY, WIDTH, INNER, LAYERS, HEADS, HEAD = 1024, 64, 128, 2, 2, 64
CONTEXT = 32_768  # tokens; random weights do as well at any length
SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def tiny_model(folder: Path) -> Path:
    """The model's file, made once: in `folder`, or for later sessions too in the one CHARKHA_TEST_CACHE names."""
    kept = Path(os.environ.get("CHARKHA_TEST_CACHE") or folder)
    kept.mkdir(parents=True, exist_ok=True)
    made_by = hashlib.blake2b(Path(__file__).read_bytes(), digest_size=4).hexdigest()
    path = kept / f"charkha-tiny-{made_by}.gguf"
    if not path.exists():
        half = path.with_suffix(f".{os.getpid()}.part")  # several test workers may make it at once
        write_model(half)
        half.replace(path)
    return path


def write_model(path: Path) -> None:
    """Trains the tokenizer, draws the weights and writes the file."""
    import gguf

    tokenizer = _tokenizer(load_all())
    writer = gguf.GGUFWriter(str(path), "qwen3")
    writer.add_name("charkha-tiny")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(1)
    writer.add_key_length(HEAD)
    writer.add_value_length(HEAD)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_freq_base(10_000.0)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    _add_tokenizer(writer, tokenizer, gguf.TokenType)
    for name, tensor in _tensors(_leanings(tokenizer)).items():
        writer.add_tensor(name, tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _tokenizer(languages: list[Language]) -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=list(SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    sections = [section.text for language in languages for section in language.sample_passage.sections]
    samples = [sample for language in languages for sample in language.samples]
    bpe.train_from_iterator((samples + sections) * 2, trainer)
    return bpe


def _add_tokenizer(writer: Any, tokenizer: Any, kinds: Any) -> None:
    import json

    told = json.loads(tokenizer.to_str())["model"]
    tokens = sorted(told["vocab"], key=told["vocab"].__getitem__)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types([kinds.CONTROL if token in SPECIAL else kinds.NORMAL for token in tokens])
    writer.add_token_merges([merge if isinstance(merge, str) else " ".join(merge) for merge in told["merges"]])
    writer.add_eos_token_id(told["vocab"]["<|im_end|>"])
    writer.add_pad_token_id(told["vocab"]["<|endoftext|>"])
    writer.add_add_bos_token(False)
    writer.add_chat_template(TEMPLATE)


def _leanings(tokenizer: Any) -> Any:
    """What the constant adds to each token's score, whatever came before."""
    import numpy as np

    texts = [tokenizer.decode([number], skip_special_tokens=False) for number in range(tokenizer.get_vocab_size())]
    return np.array([_leaning(text) for text in texts], dtype=np.float32)


def _leaning(text: str) -> float:
    if "\ufffd" in text or (len(text) == 1 and text < " " and text not in "\n\t"):
        return -20.0  # a part of a letter, or a control character that text has no use for
    if text.isspace():
        return -1.0
    return {'"': 0.8, "{": 0.4, ",": 0.4, "]": 0.4, "}": 0.4}.get(text, 0.0)


def _tensors(leanings: Any) -> dict[str, Any]:
    """The weights by llama.cpp's names; a matrix is (out, in)."""
    import numpy as np

    random = np.random.default_rng(0)

    def drawn(rows: int, columns: int, spread: float) -> Any:
        return random.normal(0, spread, (rows, columns)).astype(np.float32)

    ones = {width: np.ones(width, dtype=np.float32) for width in (WIDTH, HEAD)}
    made: dict[str, Any] = {"token_embd.weight": drawn(VOCABULARY, WIDTH, 0.5), "output_norm.weight": ones[WIDTH]}
    made["token_embd.weight"][:, 0] = 5.0
    for layer in range(LAYERS):
        block = {
            "attn_q": drawn(HEADS * HEAD, WIDTH, 0.02),
            "attn_k": drawn(HEAD, WIDTH, 0.02),
            "attn_v": drawn(HEAD, WIDTH, 0.02),
            "attn_output": drawn(WIDTH, HEADS * HEAD, 0.02),
            "attn_q_norm": ones[HEAD],
            "attn_k_norm": ones[HEAD],
            "ffn_gate": drawn(INNER, WIDTH, 0.02),
            "ffn_up": drawn(INNER, WIDTH, 0.02),
            "ffn_down": drawn(WIDTH, INNER, 0.02),
            "attn_norm": ones[WIDTH],
            "ffn_norm": ones[WIDTH],
        }
        block["attn_output"][0, :] = 0
        block["ffn_down"][0, :] = 0
        made.update({f"blk.{layer}.{name}.weight": tensor for name, tensor in block.items()})
    made["output.weight"] = drawn(VOCABULARY, WIDTH, 0.5)
    made["output.weight"][:, 0] = leanings
    return made


if __name__ == "__main__":
    write_model(Path(sys.argv[1]))
    print(sys.argv[1], Path(sys.argv[1]).stat().st_size, "bytes")
