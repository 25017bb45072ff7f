// What the kernel says of its clock.
#pragma once

namespace renkei::server {

// True while the kernel holds the clock for synchronised (adjtimex(2)), as
// chrony or timesyncd tell it.
bool ClockIsSynchronised();

}  // namespace renkei::server
