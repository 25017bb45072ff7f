// Open files of FailingFiles: they ask before each change, and tell what is
// synced.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "rocksdb/file_system.h"
#include "tests/support/failing_files.h"

namespace renkei::testing {

class FailingWritableFile : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  FailingWritableFile(std::unique_ptr<rocksdb::FSWritableFile> file,
                      FailingFiles& files, std::shared_ptr<FileState> state)
      : FSWritableFileOwnerWrapper(std::move(file)),
        files_(files),
        state_(std::move(state)) {}

  rocksdb::IOStatus Append(const rocksdb::Slice& bytes,
                           const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* debug) override {
    const rocksdb::IOStatus gate = files_.Gate(/*is_sync=*/false);
    if (gate.ok()) {
      written_.append(bytes.data(), bytes.size());
      files_.MarkDirty(*state_);
      return target()->Append(bytes, options, debug);
    }
    return gate;
  }
  rocksdb::IOStatus Append(const rocksdb::Slice& bytes,
                           const rocksdb::IOOptions& options,
                           const rocksdb::DataVerificationInfo&,
                           rocksdb::IODebugContext* debug) override {
    return Append(bytes, options, debug);
  }
  bool IsSyncThreadSafe() const override { return true; }
  rocksdb::IOStatus Sync(const rocksdb::IOOptions& options,
                         rocksdb::IODebugContext* debug) override {
    const rocksdb::IOStatus gate = files_.Gate(/*is_sync=*/true);
    if (gate.ok()) {
      files_.MarkSynced(*state_, written_);
      return target()->Sync(options, debug);
    }
    files_.MarkSyncFailed(*state_, written_);
    return gate;
  }
  rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options,
                          rocksdb::IODebugContext* debug) override {
    return Sync(options, debug);
  }
  rocksdb::IOStatus Truncate(uint64_t size, const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override {
    written_.resize(size);
    return target()->Truncate(size, options, debug);
  }

 private:
  FailingFiles& files_;
  const std::shared_ptr<FileState> state_;
  std::string written_;
};

class FailingRandomRWFile : public rocksdb::FSRandomRWFileOwnerWrapper {
 public:
  FailingRandomRWFile(std::unique_ptr<rocksdb::FSRandomRWFile> file,
                      FailingFiles& files, std::string path,
                      std::shared_ptr<FileState> state)
      : FSRandomRWFileOwnerWrapper(std::move(file)),
        files_(files),
        path_(std::move(path)),
        state_(std::move(state)) {}

  rocksdb::IOStatus Write(uint64_t offset, const rocksdb::Slice& bytes,
                          const rocksdb::IOOptions& options,
                          rocksdb::IODebugContext* debug) override {
    const rocksdb::IOStatus gate = files_.Gate(/*is_sync=*/false);
    if (gate.ok()) {
      files_.MarkDirty(*state_);
      return target()->Write(offset, bytes, options, debug);
    }
    return gate;
  }
  rocksdb::IOStatus Sync(const rocksdb::IOOptions& options,
                         rocksdb::IODebugContext* debug) override {
    const rocksdb::IOStatus gate = files_.Gate(/*is_sync=*/true);
    if (gate.ok()) {
      files_.MarkSynced(*state_, files_.Contents(path_));
      return target()->Sync(options, debug);
    }
    files_.MarkSyncFailed(*state_, files_.Contents(path_));
    return gate;
  }
  rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options,
                          rocksdb::IODebugContext* debug) override {
    return Sync(options, debug);
  }

 private:
  FailingFiles& files_;
  const std::string path_;
  const std::shared_ptr<FileState> state_;
};

class FailingDirectory : public rocksdb::FSDirectoryWrapper {
 public:
  FailingDirectory(std::unique_ptr<rocksdb::FSDirectory> folder,
                   FailingFiles& files, std::string path)
      : FSDirectoryWrapper(std::move(folder)),
        files_(files),
        path_(std::move(path)) {}

  rocksdb::IOStatus Fsync(const rocksdb::IOOptions&,
                          rocksdb::IODebugContext*) override {
    const rocksdb::IOStatus gate = files_.Gate(/*is_sync=*/false);
    if (gate.ok()) {
      files_.SyncNames(path_);
    }
    return gate;
  }
  rocksdb::IOStatus FsyncWithDirOptions(
      const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug,
      const rocksdb::DirFsyncOptions&) override {
    return Fsync(options, debug);
  }

 private:
  FailingFiles& files_;
  const std::string path_;
};

}  // namespace renkei::testing
