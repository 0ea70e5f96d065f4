/* Preloaded into a process: counts its file calls below FAULT_ROOT and lets one of them fail once.
 *
 * FAULT_ROOT   only files below this folder count
 * FAULT_AT     the number of the call that fails, from 1 on; 0: none
 * FAULT_ERRNO  the error that it fails with
 * FAULT_LOG    a file that gets a line for each call: number, kind, path
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_int count;

/* The absolute path of `name`, as seen from the folder `at`. */
static void whole(char *out, int at, const char *name) {
    char link[64];
    ssize_t length = 0;
    out[0] = 0;
    if (name && name[0] == '/') {
        snprintf(out, PATH_MAX, "%s", name);
        return;
    }
    snprintf(link, sizeof link, at == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/%d", at);
    if ((length = readlink(link, out, PATH_MAX - 1)) < 0) length = 0;
    out[length] = 0;
    if (name && length + strlen(name) + 2 < PATH_MAX) {
        strcat(out, "/");
        strcat(out, name);
    }
}

/* Whether this call is to fail; errno is set then. */
static int fails(const char *kind, int at, const char *name) {
    const char *root = getenv("FAULT_ROOT"), *log = getenv("FAULT_LOG"), *which = getenv("FAULT_AT");
    char path[PATH_MAX], line[PATH_MAX + 64];
    int number, kept = errno;
    if (!root) return 0;
    whole(path, at, name);
    if (strncmp(path, root, strlen(root)) != 0 || path[strlen(root)] != '/') return 0;
    number = atomic_fetch_add(&count, 1) + 1;
    if (log) {
        int size = snprintf(line, sizeof line, "%d\t%s\t%s\n", number, kind, path + strlen(root) + 1);
        int file = syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (file >= 0) {
            syscall(SYS_write, file, line, (size_t)size);
            syscall(SYS_close, file);
        }
    }
    errno = which && atoi(which) == number ? atoi(getenv("FAULT_ERRNO")) : kept;
    return which && atoi(which) == number;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

#define OPEN(name, at, ...)                                                            \
    int name(__VA_ARGS__, int flags, ...) {                                            \
        mode_t mode = 0;                                                               \
        va_list more;                                                                  \
        va_start(more, flags);                                                         \
        if (flags & (O_CREAT | O_TMPFILE)) mode = va_arg(more, mode_t);                \
        va_end(more);                                                                  \
        if (fails((flags & O_ACCMODE) == O_RDONLY ? "read" : "open", at, file)) return -1; \
        return (int)syscall(SYS_openat, at, file, flags, mode);                        \
    }
OPEN(open, AT_FDCWD, const char *file)
OPEN(open64, AT_FDCWD, const char *file)
OPEN(openat, folder, int folder, const char *file)
OPEN(openat64, folder, int folder, const char *file)

#define CALL(type, name, kind, at, path, parameters, ...) \
    type name parameters {                                \
        if (fails(kind, at, path)) return -1;             \
        return REAL(name)(__VA_ARGS__);                   \
    }
CALL(ssize_t, write, "write", fd, NULL, (int fd, const void *data, size_t size), fd, data, size)
CALL(ssize_t, writev, "write", fd, NULL, (int fd, const struct iovec *data, int size), fd, data, size)
CALL(ssize_t, pwrite, "write", fd, NULL, (int fd, const void *data, size_t size, off_t at), fd, data, size, at)
CALL(ssize_t, pwrite64, "write", fd, NULL, (int fd, const void *data, size_t size, off64_t at), fd, data, size, at)
CALL(int, fsync, "fsync", fd, NULL, (int fd), fd)
CALL(int, fdatasync, "fsync", fd, NULL, (int fd), fd)
CALL(int, ftruncate, "truncate", fd, NULL, (int fd, off_t size), fd, size)
CALL(int, ftruncate64, "truncate", fd, NULL, (int fd, off64_t size), fd, size)
CALL(int, mkdir, "mkdir", AT_FDCWD, path, (const char *path, mode_t mode), path, mode)
CALL(int, symlink, "symlink", AT_FDCWD, path, (const char *to, const char *path), to, path)
CALL(int, rename, "rename", AT_FDCWD, to, (const char *from, const char *to), from, to)
CALL(int, renameat, "rename", b, to, (int a, const char *from, int b, const char *to), a, from, b, to)
CALL(int, unlink, "unlink", AT_FDCWD, path, (const char *path), path)
