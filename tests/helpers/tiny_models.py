"""Tiny models with random weights, made on the spot in a folder: what they say makes no sense, how they are loaded
and run does.
"""

import re
import string

from later import Later

torch, transformers = Later("torch"), Later("transformers")
tokenizers, decoders, models = Later("tokenizers"), Later("tokenizers.decoders"), Later("tokenizers.models")
normalizers, pre_tokenizers = Later("tokenizers.normalizers"), Later("tokenizers.pre_tokenizers")
trainers = Later("tokenizers.trainers")
SIZE = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
TRAINED_ON = [
    "The harbour board did not approve the budget of 25 million euros on 3 May 2024, said the chair.",
    "Ships that had waited outside for days were let in again; the cranes of pier two were repaired by hand.",
    "Nobody knows yet who pays for it, and the report in docs/pier.md says that it will take 18 months.",
    string.printable,
]


def bert(folder):
    """A token classifier as LLMLingua-2's small model is one."""
    fast = _word_pieces()
    return saved(
        transformers.BertForTokenClassification,
        transformers.BertConfig(vocab_size=len(fast), **SIZE, num_labels=2),
        fast,
        folder,
    )


def cross_encoder(folder, labels=1):
    """A sequence classifier as the small cross-encoders are one; with no labels, only what is below its head."""
    fast = _word_pieces()
    config = transformers.BertConfig(vocab_size=len(fast), **SIZE, num_labels=labels or 1)
    return saved(transformers.BertForSequenceClassification if labels else transformers.BertModel, config, fast, folder)


def _word_pieces():
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    characters = sorted(set(string.printable.replace(" ", "")))
    known = sorted({word for text in TRAINED_ON[:3] for word in re.findall(r"\w{2,6}", text)})
    pieces = [
        *special,
        *characters,
        *(f"##{one}" for one in characters),
        *known,
    ]  # a trainer would break ties by chance
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    tokenizer = tokenizers.Tokenizer(models.WordPiece(vocab=vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.add_special_tokens(special)
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]",
        mask_token="[MASK]",
    )  # fmt: skip


def xlm_roberta(folder):
    """A token classifier as LLMLingua-2's large model is one."""
    tokenizer = tokenizers.Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    trainer = trainers.UnigramTrainer(vocab_size=300, special_tokens=special, unk_token="<unk>", show_progress=False)
    tokenizer.train_from_iterator(TRAINED_ON, trainer)
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", sep_token="</s>", cls_token="<s>",
        unk_token="<unk>", pad_token="<pad>", mask_token="<mask>",
    )  # fmt: skip
    config = transformers.XLMRobertaConfig(
        vocab_size=len(fast), **SIZE, max_position_embeddings=514, num_labels=2, pad_token_id=fast.pad_token_id
    )
    return saved(transformers.XLMRobertaForTokenClassification, config, fast, folder)


def _byte_level():
    tokenizer = tokenizers.Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=["<|endoftext|>"], initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(TRAINED_ON, trainer)
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token="<|endoftext|>", bos_token="<|endoftext|>"
    )


def gpt2(folder):
    """A causal model with learned positions."""
    fast = _byte_level()
    config = transformers.GPT2Config(
        vocab_size=len(fast), n_positions=512, n_embd=32, n_layer=2, n_head=2, bos_token_id=0, eos_token_id=0
    )
    return saved(transformers.GPT2LMHeadModel, config, fast, folder)


def llama(folder):
    """A causal model with rotary positions and fewer heads for keys than for queries."""
    fast = _byte_level()
    config = transformers.LlamaConfig(
        vocab_size=len(fast), **SIZE, num_key_value_heads=1, max_position_embeddings=512, bos_token_id=0, eos_token_id=0
    )
    return saved(transformers.LlamaForCausalLM, config, fast, folder)


def saved(model_class, config, tokenizer, folder):
    with torch.random.fork_rng():
        torch.manual_seed(1)
        model = model_class(config)
        for parameter in model.parameters():  # random weights are small: nothing would tell tokens apart
            parameter.data.mul_(8)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)
