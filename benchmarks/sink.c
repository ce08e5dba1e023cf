/* An SMTP sink that is never what limits a measurement: sink PORT LOG [MILLISECONDS]
 *
 * Takes any message (PIPELINING, 8BITMIME, SMTPUTF8, CHUNKING), one thread, epoll. Content is looked through and thrown away; the
 * recipient of every message is written to LOG before its 250. MILLISECONDS makes every answer late, as a distant relay
 * would. PORT 0 picks a free one; the port in use is the first line on stdout. SIGTERM ends it with one line of JSON:
 * how many messages, and when (seconds since 1970) the first DATA came and the last message was answered.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { READ = 256 * 1024, LINE = 1024, ADDRESS = 321, ANSWERS = 8192, EVENTS = 128 };

struct session {
    int fd, late;           /* late: answers that are still on their way */
    bool content, closed;
    int matched;            /* octets of END already seen */
    size_t left;            /* octets of a chunk (BDAT) that are still to come */
    bool chunk, final;      /* within a chunk; it is the last one */
    size_t length;          /* of the unfinished command line */
    char line[LINE], recipient[ADDRESS];
};

struct answer {             /* one that waits for its time */
    struct answer *next;
    struct session *to;
    double due;
    size_t length;
    bool last;
    char octets[];
};

static const char END[] = "\r\n.\r\n";
static char octets[READ], answers[ANSWERS];
static size_t answered;
static struct answer *first, *newest;
static double delay, first_data, last_answer;
static unsigned long messages;
static FILE *witness;
static int poller;
static volatile sig_atomic_t ending;

static void end(int signal_number) { (void)signal_number; ending = 1; }

static double now(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void *must(void *memory) {
    if (!memory) { perror("memory"); exit(1); }
    return memory;
}

static void say(const char *words) {
    size_t length = strlen(words);
    if (answered + length <= ANSWERS) { memcpy(answers + answered, words, length); answered += length; }
}

static void hang_up(struct session *one) {
    if (!one->closed) { close(one->fd); one->closed = true; }
    if (!one->late) free(one);
}

static void reply(struct session *one, bool last) {
    if (!answered && !last) return;
    if (delay == 0) {
        if (answered) (void)!send(one->fd, answers, answered, MSG_NOSIGNAL);
        answered = 0;
        if (last) hang_up(one);
        return;
    }
    struct answer *later = must(malloc(sizeof *later + answered));
    *later = (struct answer){.to = one, .due = now(CLOCK_MONOTONIC) + delay, .length = answered, .last = last};
    memcpy(later->octets, answers, answered);
    answered = 0;
    one->late++;
    if (first) newest->next = later; else first = later;
    newest = later;
}

static int answer_what_is_due(void) {  /* returns milliseconds until the next one */
    while (first) {
        double wait = first->due - now(CLOCK_MONOTONIC);
        if (wait > 0) return (int)(wait * 1000) + 1;
        struct answer *due = first;
        struct session *one = due->to;
        first = due->next;
        one->late--;
        if (!one->closed) (void)!send(one->fd, due->octets, due->length, MSG_NOSIGNAL);
        if (due->last || one->closed) hang_up(one);
        free(due);
    }
    return 200;
}

/* Return where "\r\n." begins, or where to stop looking. The inner loop is one the compiler makes wide. */
static const char *find_dot_line(const char *from, const char *to) {
    while (to - from > 64) {
        unsigned char any = 0;
        for (int i = 0; i < 64; i++) any |= (unsigned char)((from[i] == '\n') & (from[i + 1] == '.'));
        if (any) break;
        from += 64;
    }
    const char *found = from;
    while ((found = memchr(found, '\n', (size_t)(to - found)))) {
        if (found + 1 < to && found[1] == '.') return found - 1;
        if (++found == to) break;
        if (found - from > 64) return found - 1;
    }
    return to;
}

/* Go through content; returns where the next command begins, or `to`. */
static const char *skip_content(struct session *one, const char *from, const char *to) {
    while (from < to) {
        if (one->matched == 0) {
            const char *found = find_dot_line(from + 1 < to ? from + 1 : from, to);
            if (found >= to) {
                one->matched = to[-1] == '\r' ? 1 : (to - from > 1 && to[-1] == '\n' && to[-2] == '\r') ? 2 : 0;
                return to;
            }
            from = found > from ? found : from;
        }
        for (; from < to; from++) {
            one->matched = *from == END[one->matched] ? one->matched + 1 : *from == '\r';
            if (one->matched == 5) {
                one->matched = 0;
                one->content = false;
                return from + 1;
            }
            if (one->matched == 0) { from++; break; }
        }
    }
    return to;
}

static void take_message(struct session *one) {
    messages++;
    fprintf(witness, "%s\n", one->recipient);
    last_answer = now(CLOCK_REALTIME);
    say("250 2.0.0 Ok\r\n");
}

static bool obey(struct session *one) {  /* one command line; returns whether it was the last */
    const char *line = one->line;
    if (!strncasecmp(line, "RCPT", 4)) {
        const char *open = strchr(line, '<'), *close = open ? strchr(open, '>') : NULL;
        if (close) snprintf(one->recipient, ADDRESS, "%.*s", (int)(close - open - 1), open + 1);
        say("250 2.1.5 Ok\r\n");
    } else if (!strncasecmp(line, "MAIL", 4)) {
        say("250 2.1.0 Ok\r\n");
    } else if (!strncasecmp(line, "DATA", 4)) {
        if (first_data == 0) first_data = now(CLOCK_REALTIME);
        one->content = true;
        one->matched = 2;
        say("354 go on\r\n");
    } else if (!strncasecmp(line, "BDAT ", 5)) {
        if (first_data == 0) first_data = now(CLOCK_REALTIME);
        char *rest;
        one->left = strtoul(line + 5, &rest, 10);
        one->final = strcasestr(rest, "LAST") != NULL;
        one->chunk = true;
    } else if (!strncasecmp(line, "EHLO", 4)) {
        say("250-sink.example\r\n250-CHUNKING\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 ENHANCEDSTATUSCODES\r\n");
    } else if (!strncasecmp(line, "QUIT", 4)) {
        say("221 2.0.0 bye\r\n");
        return true;
    } else {
        say("250 2.0.0 Ok\r\n");
    }
    return false;
}

static void take_octets(struct session *one, const char *from, const char *to) {
    while (from < to) {
        if (one->chunk) {
            size_t here = (size_t)(to - from) < one->left ? (size_t)(to - from) : one->left;
            from += here;
            one->left -= here;
            if (one->left) continue;
            one->chunk = false;
            if (one->final) take_message(one); else say("250 2.0.0 more\r\n");
            continue;
        }
        if (one->content) {
            from = skip_content(one, from, to);
            if (!one->content) take_message(one);
            continue;
        }
        const char *stop = memchr(from, '\n', (size_t)(to - from));
        size_t length = (size_t)((stop ? stop : to) - from);
        if (one->length + length >= LINE) { reply(one, true); return; }
        memcpy(one->line + one->length, from, length);
        one->length += length;
        if (!stop) break;
        one->line[one->length] = 0;
        one->length = 0;
        from = stop + 1;
        if (obey(one)) { reply(one, true); return; }
    }
    reply(one, false);
}

static void welcome(int listener) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK), yes = 1;
    if (fd < 0) return;
    struct session *one = must(calloc(1, sizeof *one));
    one->fd = fd;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = one};
    epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
    say("220 sink.example ESMTP\r\n");
    reply(one, false);
}

static void hear(struct session *one) {
    ssize_t length = recv(one->fd, octets, READ, 0);
    if (length > 0) take_octets(one, octets, octets + length);
    else if (length == 0 || (errno != EAGAIN && errno != EINTR)) hang_up(one);
}

static int listen_on(const char *port) {
    int listener = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    struct sockaddr_in place = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof place;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listener, (void *)&place, size) || listen(listener, 1024)) { perror("listen"); exit(1); }
    getsockname(listener, (void *)&place, &size);
    printf("%d\n", ntohs(place.sin_port));
    fflush(stdout);
    return listener;
}

int main(int count, char **words) {
    if (count < 3) { fprintf(stderr, "sink PORT LOG [MILLISECONDS]\n"); return 2; }
    struct sigaction on_end = {.sa_handler = end};
    sigaction(SIGTERM, &on_end, NULL);
    sigaction(SIGINT, &on_end, NULL);
    delay = count > 3 ? atof(words[3]) / 1000 : 0;
    if (!(witness = fopen(words[2], "w"))) { perror(words[2]); return 1; }
    setvbuf(witness, NULL, _IOFBF, 1 << 20);
    poller = epoll_create1(0);
    int listener = listen_on(words[1]);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL}, events[EVENTS];
    epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event);
    while (!ending) {
        int ready = epoll_wait(poller, events, EVENTS, answer_what_is_due());
        for (int i = 0; i < ready; i++)
            if (events[i].data.ptr) hear(events[i].data.ptr); else welcome(listener);
    }
    fclose(witness);
    printf("{\"messages\": %lu, \"first_data\": %.6f, \"last_answer\": %.6f}\n", messages, first_data, last_answer);
    return 0;
}
