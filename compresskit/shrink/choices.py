"""The values that LLMLingua's options take. The command line lists them without importing the shrinker."""

from typing import Literal

Method = Literal["llmlingua2", "llmlingua", "longllmlingua"]
Dtype = Literal["float32", "bfloat16", "float16"]
