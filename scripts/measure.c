/* Two tools for scripts/measure.
 *
 *   measure run COMMAND...      runs it with its output thrown away; prints microseconds of wall time, peak memory in KiB, exit code
 *   measure write FOLDER FILE.. writes the bytes of each file into a new file of the folder, with one flush each; prints microseconds
 *
 * The second is the yardstick of what a reconcile writes: no program can make that many files durable with fewer flushes of files.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static long long now(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec * 1000000LL + at.tv_nsec / 1000;
}

static int run(char **command) {
    long long begun = now();
    pid_t child = fork();
    if (child < 0) fail("fork");
    if (child == 0) {
        int null = open("/dev/null", O_RDWR);
        if (null < 0) _exit(127);
        dup2(null, 0);
        dup2(null, 1);
        dup2(null, 2);
        execvp(command[0], command);
        _exit(127);
    }
    int status;
    struct rusage usage;
    if (wait4(child, &status, 0, &usage) < 0) fail("wait4");
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
    printf("%lld %ld %d\n", now() - begun, usage.ru_maxrss, code);
    return 0;
}

static int write_all(const char *folder, char **files) {
    int count = 0;
    while (files[count]) count++;
    char **bytes = calloc(count, sizeof *bytes);
    size_t *sizes = calloc(count, sizeof *sizes);
    if (!bytes || !sizes) fail("calloc");
    for (int i = 0; i < count; i++) {
        int file = open(files[i], O_RDONLY);
        struct stat there;
        if (file < 0 || fstat(file, &there) < 0) fail(files[i]);
        sizes[i] = there.st_size;
        bytes[i] = malloc(sizes[i] + 1);
        if (!bytes[i]) fail("malloc");
        for (size_t done = 0; done < sizes[i];) {
            ssize_t got = read(file, bytes[i] + done, sizes[i] - done);
            if (got <= 0) fail(files[i]);
            done += got;
        }
        close(file);
    }
    char path[4096];
    long long begun = now();
    for (int i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%s/%d", folder, i);
        int file = open(path, O_WRONLY | O_CREAT | O_EXCL, 0644);
        if (file < 0) fail(path);
        for (size_t done = 0; done < sizes[i];) {
            ssize_t put = write(file, bytes[i] + done, sizes[i] - done);
            if (put <= 0) fail(path);
            done += put;
        }
        if (fsync(file) < 0) fail(path);
        close(file);
    }
    printf("%lld 0 0\n", now() - begun);
    return 0;
}

int main(int count, char **arguments) {
    if (count >= 3 && strcmp(arguments[1], "run") == 0) return run(arguments + 2);
    if (count >= 3 && strcmp(arguments[1], "write") == 0) return write_all(arguments[2], arguments + 3);
    fprintf(stderr, "measure run COMMAND... | write FOLDER FILE...\n");
    return 64;
}
