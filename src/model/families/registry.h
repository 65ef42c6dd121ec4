// One line per family; each stands alone in its file.
#pragma once

#include "model/families.h"

namespace bantam {

const Family& LlamaFamily();
const Family& MixtralFamily();
const Family& Qwen2Family();
const Family& Qwen3Family();
const Family& GemmaFamily();
const Family& Gemma2Family();
const Family& Gpt2Family();
const Family& OlmoeFamily();
const Family& Qwen2MoeFamily();
const Family& Qwen3MoeFamily();
const Family& Dots1Family();

}  // namespace bantam
