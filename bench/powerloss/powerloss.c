// Power loss for one process: what it had not synced is gone.
//
// Preloaded, it keeps beside a folder ($LOSS_FOLDER) an image ($LOSS_IMAGE) of what a disk must have of it: a file's bytes as
// of its last fsync, a folder's names as of the folder's last fsync. At its $LOSS_AT-th call about that folder the process
// ends at once. powerloss.sh makes a folder of the image again.
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static long calls;

static int path_of(int fd, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, PATH_MAX - 1);
    if (n < 0) return 0;
    path[n] = 0;
    return 1;
}

static int ours(const char *path) {
    const char *folder = getenv("LOSS_FOLDER");
    return folder && path && !strncmp(path, folder, strlen(folder));
}

static void one_call(void) {
    const char *at = getenv("LOSS_AT");
    if (__atomic_add_fetch(&calls, 1, __ATOMIC_SEQ_CST) == (at ? atol(at) : -1)) _exit(137);
}

static void copy(int fd, ino_t ino) {
    char to[PATH_MAX], from[64], bytes[65536];
    snprintf(to, sizeof to, "%s/file-%lu.new", getenv("LOSS_IMAGE"), (unsigned long) ino);
    snprintf(from, sizeof from, "/proc/self/fd/%d", fd);
    FILE *in = fopen(from, "r"), *out = fopen(to, "w");
    if (in && out) {
        for (size_t n; (n = fread(bytes, 1, sizeof bytes, in)) > 0;) fwrite(bytes, 1, n, out);
    }
    if (in) fclose(in);
    if (out) {
        fclose(out);
        char name[PATH_MAX];
        snprintf(name, sizeof name, "%s/file-%lu", getenv("LOSS_IMAGE"), (unsigned long) ino);
        renameat(AT_FDCWD, to, AT_FDCWD, name);
    }
}

static void names(const char *folder, ino_t ino) {
    char to[PATH_MAX], name[PATH_MAX];
    snprintf(to, sizeof to, "%s/folder-%lu.new", getenv("LOSS_IMAGE"), (unsigned long) ino);
    DIR *dir = opendir(folder);
    FILE *out = fopen(to, "w");
    if (dir && out) {
        for (struct dirent *each; (each = readdir(dir));) {
            if (strcmp(each->d_name, ".") && strcmp(each->d_name, ".."))
                fprintf(out, "%c %lu %s\n", each->d_type == DT_DIR ? 'd' : 'f', (unsigned long) each->d_ino, each->d_name);
        }
    }
    if (dir) closedir(dir);
    if (out) {
        fclose(out);
        snprintf(name, sizeof name, "%s/folder-%lu", getenv("LOSS_IMAGE"), (unsigned long) ino);
        renameat(AT_FDCWD, to, AT_FDCWD, name);
    }
}

static void synced(int fd) {
    char path[PATH_MAX];
    struct stat st;
    if (!path_of(fd, path) || !ours(path) || fstat(fd, &st)) return;
    one_call();
    if (S_ISDIR(st.st_mode)) names(path, st.st_ino);
    else copy(fd, st.st_ino);
    one_call();
}

#define NEXT(type, name, ...) ((type (*)(__VA_ARGS__)) dlsym(RTLD_NEXT, #name))

int fsync(int fd) {
    int rc = NEXT(int, fsync, int)(fd);
    if (!rc) synced(fd);
    return rc;
}

int fdatasync(int fd) {
    int rc = NEXT(int, fdatasync, int)(fd);
    if (!rc) synced(fd);
    return rc;
}

static void about(int fd) {
    char path[PATH_MAX];
    if (path_of(fd, path) && ours(path)) one_call();
}

ssize_t write(int fd, const void *bytes, size_t n) {
    about(fd);
    return NEXT(ssize_t, write, int, const void *, size_t)(fd, bytes, n);
}

ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t at) {
    about(fd);
    return NEXT(ssize_t, pwrite64, int, const void *, size_t, off64_t)(fd, bytes, n, at);
}

int rename(const char *from, const char *to) {
    if (ours(to)) one_call();
    int rc = NEXT(int, rename, const char *, const char *)(from, to);
    if (ours(to)) one_call();
    return rc;
}

int link(const char *from, const char *to) {
    if (ours(to)) one_call();
    int rc = NEXT(int, link, const char *, const char *)(from, to);
    if (ours(to)) one_call();
    return rc;
}

int unlink(const char *path) {
    if (ours(path)) one_call();
    return NEXT(int, unlink, const char *)(path);
}
