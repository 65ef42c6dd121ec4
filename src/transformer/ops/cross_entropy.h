// Cross-entropy of one row of logits against a target token, and its gradient.
#pragma once

#include <cstdint>
#include <span>

namespace bantam {

// logsumexp(logits) - logits[target], in nats; logits: [vocab].
template <typename T>
T CrossEntropyForward(std::span<const T> logits, int32_t target);

// dlogits [vocab] = weight * (softmax(logits) - one_hot(target)), rounded where E is bfloat16; `nll` is the forward's result.
template <typename T, typename E>
void CrossEntropyBackward(std::span<const T> logits, int32_t target, T nll, T weight, std::span<E> dlogits);

}  // namespace bantam
