// How renkeid's allocator is set; jemalloc(3), TUNING. It looks for a variable
// of this name before it is asked for any memory.

// What hundreds of streams needed while they were opened goes back to the
// machine a second later, also when nothing happens any more.
extern "C" {
extern const char* malloc_conf;
const char* malloc_conf =
    "background_thread:true,dirty_decay_ms:1000,muzzy_decay_ms:0";
}
