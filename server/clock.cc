#include "server/clock.h"

#include <sys/timex.h>

namespace renkei::server {

bool ClockIsSynchronised() {
  timex asked{};  // modes 0: only reads
  return adjtimex(&asked) != TIME_ERROR && (asked.status & STA_UNSYNC) == 0;
}

}  // namespace renkei::server
