// Standard output with every write checked: a full disk is an error, a closed pipe ends the program quietly.
#pragma once

#include <string>
#include <string_view>

namespace bantam::cli {

// Thrown when the reader of our output is gone ("bantam inspect m.gguf | head"); the program ends without a message.
struct ClosedPipe {};

// Buffered; main() flushes at the end. Error kIo naming standard output when it cannot be written.
void Print(std::string_view text);
void Flush();

// "error: ..." and the like on standard error, one line whatever the text holds.
void PrintError(std::string_view text);
void PrintNote(std::string_view text);

// `text` with control characters written out (\n, \t, \x1b): strings from files must not drive the terminal.
std::string Printable(std::string_view text);

}  // namespace bantam::cli
