// Prints the export of a made-up log with events of every type.
#include "tests/support/every_event.h"

#include <iostream>

int main() {
  std::cout << renkei::testing::ExportOf(renkei::testing::EveryEvent());
}
