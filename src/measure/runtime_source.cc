#include "measure/runtime_source.h"

#include <utility>

namespace bantam {
namespace {

class RuntimeSource : public LogitSource {
 public:
  RuntimeSource(std::shared_ptr<const RuntimeModel> model, const SessionOptions& options, std::string description)
      : model_(std::move(model)), session_(Session::Create(model_, options)), description_(std::move(description)) {}

  int64_t vocab_size() const override { return model_->architecture().vocab_size; }
  std::string description() const override { return description_; }

  void Evaluate(std::span<const int32_t> tokens,
                const std::function<void(int64_t, std::span<const float>)>& row) override {
    session_->Truncate(0);
    session_->ForwardAll(tokens, row);
  }

 private:
  std::shared_ptr<const RuntimeModel> model_;
  std::unique_ptr<Session> session_;
  std::string description_;
};

}  // namespace

std::unique_ptr<LogitSource> MakeRuntimeSource(std::shared_ptr<const RuntimeModel> model, const SessionOptions& options,
                                               std::string description) {
  return std::make_unique<RuntimeSource>(std::move(model), options, std::move(description));
}

}  // namespace bantam
