/* Writes down, in their order, what a process does to the files below a directory, and
 * when it answers over TCP: what a power cut at any moment would leave can be rebuilt
 * from that. Preloaded; POWER_LOG is the record, POWER_ROOT the directory.
 *
 * A record: operation (1 byte), length of the path (2), offset (8), length of the data
 * (4), then path and data; integers in the machine's order. One lock is held around each
 * operation together with its record, so that a sync covers what stands before it.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define REAL(name) \
    static __typeof__(name) *real; \
    if (!real) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

struct __attribute__((packed)) head {
    char operation;
    uint16_t path_length;
    int64_t offset;
    uint32_t data_length;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int record_fd = -1;
static char root[PATH_MAX];
static size_t root_length;

static void put(const struct iovec *parts, int count) {
    for (int i = 0; i < count; i++) {
        const char *at = parts[i].iov_base;
        size_t left = parts[i].iov_len;
        while (left > 0) {
            long done = syscall(SYS_write, record_fd, at, left);
            if (done <= 0) abort();
            at += done;
            left -= (size_t)done;
        }
    }
}

static void record(char operation, const char *path, int64_t offset, const void *data,
                   size_t length) {
    struct head head = {operation, (uint16_t)strlen(path), offset, (uint32_t)length};
    struct iovec parts[] = {
        {&head, sizeof head}, {(void *)path, strlen(path)}, {(void *)data, length}};
    int kept = errno;
    put(parts, 3);
    errno = kept;
}

__attribute__((constructor)) static void begin(void) {
    const char *file = getenv("POWER_LOG"), *below = getenv("POWER_ROOT");
    if (!file || !below) return;
    snprintf(root, sizeof root, "%s/", below);
    root_length = strlen(root);
    record_fd = (int)syscall(SYS_openat, AT_FDCWD, file,
                             O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (record_fd < 0) abort();
}

/* Whether it is below the root: then `path` is what follows that. */
static int within(const char **path) {
    if (record_fd < 0 || strncmp(*path, root, root_length) != 0) return 0;
    *path += root_length;
    return 1;
}

/* The path of an open file below the root, or of the root itself; else NULL. */
static const char *path_of(int fd, char *buffer) {
    char name[64];
    if (record_fd < 0 || fd == record_fd) return NULL;
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(name, buffer, PATH_MAX - 1);
    if (length <= 0) return NULL;
    buffer[length] = 0;
    if (strlen(buffer) == root_length - 1 && !strncmp(buffer, root, root_length - 1))
        return "";
    const char *path = buffer;
    return within(&path) && !strstr(path, " (deleted)") ? path : NULL;
}

static void wrote(int fd, const void *data, ssize_t done, off_t offset) {
    char buffer[PATH_MAX];
    const char *path = done > 0 ? path_of(fd, buffer) : NULL;
    if (path) record('W', path, offset, data, (size_t)done);
}

/* Where a write() goes. */
static off_t position(int fd) {
    struct stat is;
    int kept = errno, flags = fcntl(fd, F_GETFL);
    off_t at = lseek(fd, 0, SEEK_CUR);
    if (flags >= 0 && (flags & O_APPEND) && !fstat(fd, &is)) at = is.st_size;
    errno = kept;
    return at;
}

ssize_t pwrite64(int fd, const void *data, size_t length, off64_t offset) {
    REAL(pwrite64);
    pthread_mutex_lock(&lock);
    ssize_t done = real(fd, data, length, offset);
    wrote(fd, data, done, offset);
    pthread_mutex_unlock(&lock);
    return done;
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t offset) {
    return pwrite64(fd, data, length, offset);
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) {
    ssize_t all = 0;
    for (int i = 0; i < count; i++) {
        ssize_t done = pwrite64(fd, parts[i].iov_base, parts[i].iov_len, offset + all);
        if (done < 0) return all ? all : done;
        all += done;
        if ((size_t)done < parts[i].iov_len) break;
    }
    return all;
}

ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t offset) {
    return pwritev(fd, parts, count, offset);
}

ssize_t write(int fd, const void *data, size_t length) {
    REAL(write);
    if (record_fd < 0) return real(fd, data, length);
    pthread_mutex_lock(&lock);
    off_t at = position(fd);
    ssize_t done = real(fd, data, length);
    wrote(fd, data, done, at);
    pthread_mutex_unlock(&lock);
    return done;
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
    REAL(writev);
    char buffer[PATH_MAX];
    if (!path_of(fd, buffer)) return real(fd, parts, count);
    ssize_t all = 0;
    for (int i = 0; i < count; i++) {
        ssize_t done = write(fd, parts[i].iov_base, parts[i].iov_len);
        if (done < 0) return all ? all : done;
        all += done;
        if ((size_t)done < parts[i].iov_len) break;
    }
    return all;
}

int ftruncate64(int fd, off64_t size) {
    REAL(ftruncate64);
    char buffer[PATH_MAX];
    pthread_mutex_lock(&lock);
    const char *path = path_of(fd, buffer);
    int failed = real(fd, size);
    if (!failed && path) record('T', path, size, NULL, 0);
    pthread_mutex_unlock(&lock);
    return failed;
}

int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }

static int synced(int fd, int failed) {
    char buffer[PATH_MAX];
    const char *path = failed ? NULL : path_of(fd, buffer);
    if (path) record('F', path, 0, NULL, 0);
    return failed;
}

int fsync(int fd) {
    REAL(fsync);
    pthread_mutex_lock(&lock);
    int failed = synced(fd, real(fd));
    pthread_mutex_unlock(&lock);
    return failed;
}

int fdatasync(int fd) {
    REAL(fdatasync);
    pthread_mutex_lock(&lock);
    int failed = synced(fd, real(fd));
    pthread_mutex_unlock(&lock);
    return failed;
}

static int opened(int directory, const char *name, int flags, mode_t mode) {
    const char *path = name;
    int is_ours = within(&path) && (flags & (O_CREAT | O_TRUNC));
    if (!is_ours) return (int)syscall(SYS_openat, directory, name, flags, mode);
    pthread_mutex_lock(&lock);
    int was_there = access(name, F_OK) == 0;
    int fd = (int)syscall(SYS_openat, directory, name, flags, mode);
    if (fd >= 0 && !was_there) record('C', path, 0, NULL, 0);
    if (fd >= 0 && was_there && (flags & O_TRUNC)) record('T', path, 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    return fd;
}

static mode_t mode_in(int flags, va_list rest) {
    return flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
}

int open64(const char *name, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = mode_in(flags, rest);
    va_end(rest);
    return opened(AT_FDCWD, name, flags | O_LARGEFILE, mode);
}

int open(const char *name, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = mode_in(flags, rest);
    va_end(rest);
    return opened(AT_FDCWD, name, flags | O_LARGEFILE, mode);
}

int openat64(int directory, const char *name, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = mode_in(flags, rest);
    va_end(rest);
    return opened(directory, name, flags | O_LARGEFILE, mode);
}

int openat(int directory, const char *name, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = mode_in(flags, rest);
    va_end(rest);
    return opened(directory, name, flags | O_LARGEFILE, mode);
}

/* Operations on names: what is recorded is what has succeeded. */
static int named(char operation, const char *name, const char *data, int failed) {
    const char *path = name;
    if (!failed && within(&path))
        record(operation, path, 0, data, data ? strlen(data) : 0);
    return failed;
}

int unlink(const char *name) {
    REAL(unlink);
    pthread_mutex_lock(&lock);
    int failed = named('U', name, NULL, real(name));
    pthread_mutex_unlock(&lock);
    return failed;
}

int rmdir(const char *name) {
    REAL(rmdir);
    pthread_mutex_lock(&lock);
    int failed = named('U', name, NULL, real(name));
    pthread_mutex_unlock(&lock);
    return failed;
}

int mkdir(const char *name, mode_t mode) {
    REAL(mkdir);
    pthread_mutex_lock(&lock);
    int failed = named('M', name, NULL, real(name, mode));
    pthread_mutex_unlock(&lock);
    return failed;
}

int rename(const char *name, const char *target) {
    REAL(rename);
    const char *path = target;
    pthread_mutex_lock(&lock);
    int failed = real(name, target);
    if (within(&path)) named('R', name, path, failed);
    pthread_mutex_unlock(&lock);
    return failed;
}

ssize_t send(int fd, const void *data, size_t length, int flags) {
    REAL(send);
    struct sockaddr_storage peer;
    socklen_t size = sizeof peer;
    int is_answer = record_fd >= 0 && length > 12 && !memcmp(data, "HTTP/1.1 200", 12);
    if (is_answer && !getpeername(fd, (struct sockaddr *)&peer, &size) &&
        peer.ss_family == AF_INET) {
        pthread_mutex_lock(&lock);
        int64_t port = ntohs(((struct sockaddr_in *)&peer)->sin_port);
        record('A', "", (int64_t)getpid() << 16 | port, NULL, 0);
        pthread_mutex_unlock(&lock);
    }
    return real(fd, data, length, flags);
}
