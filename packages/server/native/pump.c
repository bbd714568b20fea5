/*
 * The packet pump: UDP sockets of one thread, read and written without an object, a callback or a string for each packet.
 *
 * Packets cross in memory that is shared with JavaScript: slots of SLOT_BYTES for the bytes, rows of words for what is
 * to be known of them. Nothing here keeps state beyond one environment (thread), and whatever JavaScript writes is
 * checked before it is used. Errors of the system are returned as negative numbers, never thrown.
 */
#define _GNU_SOURCE
#define NAPI_VERSION 8

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <node_api.h>
#include <uv.h>

/* To be raised with every change of what is exported, or of the layout of the shared memory. */
#define PUMP_VERSION 2

/* Longer datagrams are cut: no packet of a telephone call comes near. */
#define SLOT_BYTES 2048
#define RECEIVE_SLOTS 256

/* A row of words for each packet, in both directions. */
enum { ROW_HANDLE, ROW_LENGTH, ROW_PORT, ROW_SCOPE, ROW_ADDRESS, ROW_WORDS = ROW_ADDRESS + 4 };

/* A socket is read so many times in a row before others have their turn, a few datagrams at once. */
#define READS 4
#define AT_ONCE 8
#define READY_SOCKETS 1024

/* The shortest slice that can be asked for. */
#define SLICE_NS 100000

/* A handle is the place of a socket and how often the place has been used: one that was closed is never taken for another. */
#define PLACE_BITS 16
#define MAX_PLACES (1 << PLACE_BITS)
#define MAX_USES (1 << (31 - PLACE_BITS))

typedef union {
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
} Address;

typedef struct {
  int fd; /* -1: closed */
  int family;
  int32_t handle;
} Socket;

typedef struct {
  napi_env env;
  napi_async_cleanup_hook_handle cleanup;
  napi_async_context context;
  napi_ref readable;
  napi_ref buffers[3];
  uv_poll_t *poll;
  int epoll;
  uint8_t *received;
  uint8_t *sent;
  int32_t *rows;         /* RECEIVE_SLOTS of what was received, then one of what is to be sent */
  Socket *sockets;
  int32_t places, room, open, spares;
  int32_t *spare;        /* places that were closed; room for all of them */
  int ready, next, reads; /* the sockets that have something, and how far the reading has got */
  struct epoll_event events[READY_SOCKETS];
  struct mmsghdr messages[RECEIVE_SLOTS];
  struct iovec vectors[RECEIVE_SLOTS];
  Address sources[RECEIVE_SLOTS];
} Pump;

static napi_value number(napi_env env, int32_t value) {
  napi_value result = NULL;
  napi_create_int32(env, value, &result);
  return result;
}

static Pump *pump_of(napi_env env) {
  void *data = NULL;
  return napi_get_instance_data(env, &data) == napi_ok ? data : NULL;
}

/* The arguments that were given; those that are missing are undefined. */
static Pump *enter(napi_env env, napi_callback_info info, size_t count, napi_value *args) {
  if (napi_get_cb_info(env, info, &count, args, NULL, NULL) != napi_ok) return NULL;
  return pump_of(env);
}

static int32_t integer(napi_env env, napi_value value, int32_t otherwise) {
  int32_t result;
  return napi_get_value_int32(env, value, &result) == napi_ok ? result : otherwise;
}

static Socket *socket_of(Pump *pump, int32_t handle) {
  int32_t place = handle & (MAX_PLACES - 1);
  if (handle < 0 || place >= pump->places) return NULL;
  Socket *socket = &pump->sockets[place];
  return socket->fd >= 0 && socket->handle == handle ? socket : NULL;
}

static int32_t *row_to_send(Pump *pump) { return pump->rows + RECEIVE_SLOTS * ROW_WORDS; }

static int is_detached(napi_env env, napi_ref reference) {
  napi_value buffer;
  bool detached = true;
  if (!reference || napi_get_reference_value(env, reference, &buffer) != napi_ok || napi_is_detached_arraybuffer(env, buffer, &detached) != napi_ok) return 1;
  return detached;
}

/* ---- sockets ---- */

/* A numeric address; IPv4 in its IPv6 form where the socket speaks IPv6. Returns 0 or an error of the system. */
static int parse_address(const char *host, int32_t port, int family, Address *address) {
  if (port < 0 || port > 65535) return -EINVAL;
  memset(address, 0, sizeof *address);
  struct in_addr v4;
  if (inet_pton(AF_INET, host, &v4) == 1) {
    if (family == AF_INET6) {
      uint8_t *bytes = address->v6.sin6_addr.s6_addr;
      bytes[10] = bytes[11] = 0xff;
      memcpy(bytes + 12, &v4, 4);
    } else {
      address->v4.sin_addr = v4;
      family = AF_INET;
    }
  } else {
    if (family == AF_INET) return -EAFNOSUPPORT;
    family = AF_INET6;
    /* With a scope (fe80::1%eth0) it is this function's business. */
    struct addrinfo hints = {.ai_family = AF_INET6, .ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICHOST}, *found = NULL;
    if (getaddrinfo(host, NULL, &hints, &found) != 0) return -EINVAL;
    memcpy(&address->v6, found->ai_addr, sizeof address->v6);
    freeaddrinfo(found);
  }
  address->any.sa_family = (sa_family_t)family;
  if (family == AF_INET) address->v4.sin_port = htons((uint16_t)port);
  else address->v6.sin6_port = htons((uint16_t)port);
  return 0;
}

static socklen_t length_of(int family) { return family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6); }

static int bound_socket(const char *host, int32_t *port, int32_t buffer_bytes, int *family) {
  Address address;
  int failure = parse_address(host, *port, AF_UNSPEC, &address);
  if (failure) return failure;
  *family = address.any.sa_family;
  int fd = socket(*family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  socklen_t length = length_of(*family);
  if (bind(fd, &address.any, length) != 0 || getsockname(fd, &address.any, &length) != 0) {
    failure = -errno;
    close(fd);
    return failure;
  }
  /* A smaller buffer than asked for is no reason not to talk. */
  (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer_bytes, sizeof buffer_bytes);
  *port = ntohs(*family == AF_INET ? address.v4.sin_port : address.v6.sin6_port);
  return fd;
}

/* A place for one more socket, or an error. */
static int32_t take_place(Pump *pump) {
  if (pump->spares > 0) return pump->spare[--pump->spares];
  if (pump->places == pump->room) {
    if (pump->room >= MAX_PLACES) return -EMFILE;
    int32_t room = pump->room ? pump->room * 2 : 64;
    Socket *sockets = realloc(pump->sockets, (size_t)room * sizeof *sockets);
    if (!sockets) return -ENOMEM;
    pump->sockets = sockets;
    int32_t *spare = realloc(pump->spare, (size_t)room * sizeof *spare);
    if (!spare) return -ENOMEM;
    pump->spare = spare;
    pump->room = room;
  }
  int32_t place = pump->places++;
  pump->sockets[place] = (Socket){.fd = -1, .handle = place};
  return place;
}

static void on_readable(uv_poll_t *poll, int status, int events);

/* The event loop watches while there is something to watch, and is kept running only then. */
static void watch(Pump *pump) {
  if (pump->open > 0) uv_poll_start(pump->poll, UV_READABLE, on_readable);
  else uv_poll_stop(pump->poll);
}

static void free_socket(Pump *pump, Socket *socket) {
  int32_t place = socket->handle & (MAX_PLACES - 1);
  close(socket->fd); /* takes it out of epoll as well */
  socket->fd = -1;
  int32_t uses = ((socket->handle >> PLACE_BITS) + 1) & (MAX_USES - 1);
  socket->handle = (uses << PLACE_BITS) | place;
  pump->spare[pump->spares++] = place;
  pump->open--;
}

/* open(host, port, bufferBytes): a handle, or an error; the port is told in the row of what is sent. */
static napi_value pump_open(napi_env env, napi_callback_info info) {
  napi_value args[3];
  Pump *pump = enter(env, info, 3, args);
  char host[INET6_ADDRSTRLEN + IF_NAMESIZE + 1];
  size_t length;
  if (!pump || !pump->poll || is_detached(env, pump->buffers[2]) || napi_get_value_string_utf8(env, args[0], host, sizeof host, &length) != napi_ok) return number(env, -EINVAL);
  int32_t port = integer(env, args[1], -1), place = take_place(pump);
  if (place < 0) return number(env, place);
  int family = AF_UNSPEC, fd = bound_socket(host, &port, integer(env, args[2], 65536), &family);
  int failure = fd < 0 ? fd : 0;
  Socket *socket = &pump->sockets[place];
  if (!failure) {
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)socket->handle};
    if (epoll_ctl(pump->epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
      failure = -errno;
      close(fd);
    }
  }
  if (failure) {
    pump->spare[pump->spares++] = place;
    return number(env, failure);
  }
  socket->fd = fd;
  socket->family = family;
  pump->open++;
  watch(pump);
  row_to_send(pump)[ROW_PORT] = port;
  return number(env, socket->handle);
}

/* close(handle): 0, or -EBADF. */
static napi_value pump_close(napi_env env, napi_callback_info info) {
  napi_value args[1];
  Pump *pump = enter(env, info, 1, args);
  Socket *socket = pump ? socket_of(pump, integer(env, args[0], -1)) : NULL;
  if (!socket) return number(env, -EBADF);
  free_socket(pump, socket);
  watch(pump);
  return number(env, 0);
}

/* ---- receiving ---- */

static void on_readable(uv_poll_t *poll, int status, int events) {
  (void)status;
  (void)events;
  Pump *pump = poll->data;
  napi_env env = pump->env;
  napi_handle_scope scope;
  if (napi_open_handle_scope(env, &scope) != napi_ok) return;
  napi_value readable, receiver;
  if (napi_get_reference_value(env, pump->readable, &readable) == napi_ok && napi_get_global(env, &receiver) == napi_ok &&
      napi_make_callback(env, pump->context, receiver, readable, 0, NULL, NULL) == napi_pending_exception) {
    napi_value thrown;
    if (napi_get_and_clear_last_exception(env, &thrown) == napi_ok) napi_fatal_exception(env, thrown);
  }
  napi_close_handle_scope(env, scope);
}

static void describe(int32_t *row, int32_t handle, const struct mmsghdr *message, const Address *source) {
  row[ROW_HANDLE] = handle;
  row[ROW_LENGTH] = (int32_t)(message->msg_len > SLOT_BYTES ? SLOT_BYTES : message->msg_len);
  row[ROW_SCOPE] = 0;
  memset(row + ROW_ADDRESS, 0, 4 * sizeof *row);
  if (source->any.sa_family == AF_INET) {
    row[ROW_PORT] = ntohs(source->v4.sin_port);
    memcpy(row + ROW_ADDRESS, &source->v4.sin_addr, 4);
  } else {
    row[ROW_PORT] = ntohs(source->v6.sin6_port);
    row[ROW_SCOPE] = (int32_t)source->v6.sin6_scope_id;
    memcpy(row + ROW_ADDRESS, &source->v6.sin6_addr, 16);
  }
}

/* Reads what fits from one socket; returns how many datagrams. */
static int read_socket(Pump *pump, const Socket *socket, int from) {
  int most = RECEIVE_SLOTS - from < AT_ONCE ? RECEIVE_SLOTS - from : AT_ONCE;
  for (int slot = from; slot < from + most; slot++) {
    pump->messages[slot].msg_hdr.msg_namelen = sizeof(Address);
    pump->sources[slot].any.sa_family = (sa_family_t)socket->family;
  }
  int count = recvmmsg(socket->fd, &pump->messages[from], (unsigned)most, MSG_DONTWAIT, NULL);
  for (int slot = from; slot < from + count; slot++) {
    describe(pump->rows + slot * ROW_WORDS, socket->handle, &pump->messages[slot], &pump->sources[slot]);
  }
  return count;
}

/*
 * read(again): fills rows and slots; returns how many. With `again` it goes on where it was: to be called until it
 * returns 0. Every socket that had something at the beginning has its turn, with at most READS x AT_ONCE datagrams.
 */
static napi_value pump_read(napi_env env, napi_callback_info info) {
  napi_value args[1];
  bool again = false;
  Pump *pump = enter(env, info, 1, args);
  if (!pump || pump->epoll < 0 || is_detached(env, pump->buffers[0]) || is_detached(env, pump->buffers[2])) return number(env, 0);
  napi_get_value_bool(env, args[0], &again);
  if (!again) {
    int ready = pump->open > 0 ? epoll_wait(pump->epoll, pump->events, READY_SOCKETS, 0) : 0;
    pump->ready = ready > 0 ? ready : 0;
    pump->next = pump->reads = 0;
  }
  int count = 0;
  while (pump->next < pump->ready && count < RECEIVE_SLOTS) {
    /* It may have been closed while the rows before were looked at. */
    const Socket *socket = socket_of(pump, (int32_t)pump->events[pump->next].data.u32);
    int room = RECEIVE_SLOTS - count, got = socket ? read_socket(pump, socket, count) : 0;
    if (got > 0) count += got;
    pump->reads++;
    if (got < AT_ONCE && got < room) pump->reads = READS;
    if (pump->reads >= READS) {
      pump->next++;
      pump->reads = 0;
    }
  }
  return number(env, count);
}

/* name(slot): the address a datagram came from, in text. */
static napi_value pump_name(napi_env env, napi_callback_info info) {
  napi_value args[1], result = NULL;
  Pump *pump = enter(env, info, 1, args);
  int32_t slot = pump ? integer(env, args[0], -1) : -1;
  if (slot < 0 || slot >= RECEIVE_SLOTS) return NULL;
  const Address *source = &pump->sources[slot];
  char text[INET6_ADDRSTRLEN + IF_NAMESIZE + 1] = "", name[IF_NAMESIZE];
  if (source->any.sa_family == AF_INET) inet_ntop(AF_INET, &source->v4.sin_addr, text, sizeof text);
  else if (source->any.sa_family == AF_INET6) {
    inet_ntop(AF_INET6, &source->v6.sin6_addr, text, sizeof text);
    size_t length = strlen(text);
    if (IN6_IS_ADDR_LINKLOCAL(&source->v6.sin6_addr) && if_indextoname(source->v6.sin6_scope_id, name)) {
      snprintf(text + length, sizeof text - length, "%%%s", name);
    }
  }
  napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &result);
  return result;
}

/* ---- sending ---- */

/* aim(handle, host): writes scope and address into the row of what is sent; 0, or an error. */
static napi_value pump_aim(napi_env env, napi_callback_info info) {
  napi_value args[2];
  Pump *pump = enter(env, info, 2, args);
  Socket *socket = pump ? socket_of(pump, integer(env, args[0], -1)) : NULL;
  char host[INET6_ADDRSTRLEN + IF_NAMESIZE + 1];
  size_t length;
  if (!socket) return number(env, -EBADF);
  if (napi_get_value_string_utf8(env, args[1], host, sizeof host, &length) != napi_ok || is_detached(env, pump->buffers[2])) return number(env, -EINVAL);
  Address address;
  int failure = parse_address(host, 0, socket->family, &address);
  if (failure) return number(env, failure);
  int32_t *row = row_to_send(pump);
  memset(row + ROW_SCOPE, 0, (ROW_WORDS - ROW_SCOPE) * sizeof *row);
  if (socket->family == AF_INET) memcpy(row + ROW_ADDRESS, &address.v4.sin_addr, 4);
  else {
    row[ROW_SCOPE] = (int32_t)address.v6.sin6_scope_id;
    memcpy(row + ROW_ADDRESS, &address.v6.sin6_addr, 16);
  }
  return number(env, 0);
}

static int send_row(Pump *pump, const int32_t *row, const uint8_t *bytes) {
  const Socket *socket = socket_of(pump, row[ROW_HANDLE]);
  if (!socket) return -EBADF;
  if (row[ROW_LENGTH] < 0 || row[ROW_LENGTH] > SLOT_BYTES || row[ROW_PORT] < 0 || row[ROW_PORT] > 65535) return -EINVAL;
  Address to;
  memset(&to, 0, sizeof to);
  to.any.sa_family = (sa_family_t)socket->family;
  if (socket->family == AF_INET) {
    to.v4.sin_port = htons((uint16_t)row[ROW_PORT]);
    memcpy(&to.v4.sin_addr, row + ROW_ADDRESS, 4);
  } else {
    to.v6.sin6_port = htons((uint16_t)row[ROW_PORT]);
    to.v6.sin6_scope_id = (uint32_t)row[ROW_SCOPE];
    memcpy(&to.v6.sin6_addr, row + ROW_ADDRESS, 16);
  }
  ssize_t sent;
  do sent = sendto(socket->fd, bytes, (size_t)row[ROW_LENGTH], MSG_DONTWAIT | MSG_NOSIGNAL, &to.any, length_of(socket->family));
  while (sent < 0 && errno == EINTR);
  return sent < 0 ? -errno : 0;
}

/* send(): sends the packet that is described by the row; 0, or an error. */
static napi_value pump_send(napi_env env, napi_callback_info info) {
  Pump *pump = enter(env, info, 0, NULL);
  if (!pump || is_detached(env, pump->buffers[1]) || is_detached(env, pump->buffers[2])) return number(env, -EINVAL);
  return number(env, send_row(pump, row_to_send(pump), pump->sent));
}

/*
 * favour(): this thread does little at a time, and wants it done when it is due. With the scheduler of Linux 6.12 and later
 * a short slice is what says so: it gets no more of the processor than before, but sooner. Others ignore it. Needs no rights.
 */
static napi_value pump_favour(napi_env env, napi_callback_info info) {
  (void)info;
  struct {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t slice, deadline, period;
  } attributes = {.size = sizeof attributes};
  if (syscall(SYS_sched_getattr, 0, &attributes, sizeof attributes, 0) != 0) return number(env, -errno);
  /* Whoever has chosen another policy than the usual one knows better. */
  if (attributes.policy != 0) return number(env, 0);
  attributes.slice = SLICE_NS;
  return number(env, syscall(SYS_sched_setattr, 0, &attributes, 0) == 0 ? 0 : -errno);
}

/* ---- the beginning and the end ---- */

static napi_value shared_memory(napi_env env, Pump *pump, int index, size_t bytes, void **memory) {
  napi_value buffer = NULL;
  if (napi_create_arraybuffer(env, bytes, memory, &buffer) != napi_ok) return NULL;
  return napi_create_reference(env, buffer, 1, &pump->buffers[index]) == napi_ok ? buffer : NULL;
}

static int start_polling(Pump *pump) {
  uv_loop_t *loop;
  if (napi_get_uv_event_loop(pump->env, &loop) != napi_ok) return -EINVAL;
  pump->epoll = epoll_create1(EPOLL_CLOEXEC);
  if (pump->epoll < 0) return -errno;
  uv_poll_t *poll = malloc(uv_handle_size(UV_POLL));
  int failure = poll ? uv_poll_init(loop, poll, pump->epoll) : -ENOMEM;
  if (failure) {
    free(poll);
    close(pump->epoll);
    pump->epoll = -1;
    return failure;
  }
  poll->data = pump;
  pump->poll = poll;
  return 0;
}

/* start(readable): the shared memory, as [received, sent, rows]; or an error. Once in an environment. */
static napi_value pump_start(napi_env env, napi_callback_info info) {
  napi_value args[1], buffers[3], result, name;
  napi_valuetype type;
  Pump *pump = enter(env, info, 1, args);
  if (!pump || pump->poll || napi_typeof(env, args[0], &type) != napi_ok || type != napi_function) return number(env, -EINVAL);
  void *memory[3];
  const size_t bytes[3] = {RECEIVE_SLOTS * SLOT_BYTES, SLOT_BYTES, (RECEIVE_SLOTS + 1) * ROW_WORDS * sizeof(int32_t)};
  for (int index = 0; index < 3; index++) {
    buffers[index] = shared_memory(env, pump, index, bytes[index], &memory[index]);
    if (!buffers[index]) return number(env, -ENOMEM);
  }
  pump->received = memory[0];
  pump->sent = memory[1];
  pump->rows = memory[2];
  for (int slot = 0; slot < RECEIVE_SLOTS; slot++) {
    pump->vectors[slot] = (struct iovec){.iov_base = pump->received + slot * SLOT_BYTES, .iov_len = SLOT_BYTES};
    pump->messages[slot].msg_hdr = (struct msghdr){.msg_name = &pump->sources[slot], .msg_iov = &pump->vectors[slot], .msg_iovlen = 1};
  }
  if (napi_create_reference(env, args[0], 1, &pump->readable) != napi_ok ||
      napi_create_string_utf8(env, "piopiy:pump", NAPI_AUTO_LENGTH, &name) != napi_ok ||
      napi_async_init(env, NULL, name, &pump->context) != napi_ok) return number(env, -ENOMEM);
  int failure = start_polling(pump);
  if (failure) return number(env, failure);
  napi_create_array_with_length(env, 3, &result);
  for (uint32_t index = 0; index < 3; index++) napi_set_element(env, result, index, buffers[index]);
  return result;
}

static void free_pump(Pump *pump) {
  napi_async_cleanup_hook_handle cleanup = pump->cleanup;
  free(pump->sockets);
  free(pump->spare);
  free(pump);
  if (cleanup) napi_remove_async_cleanup_hook(cleanup);
}

static void on_closed(uv_handle_t *handle) {
  Pump *pump = handle->data;
  free(handle);
  free_pump(pump);
}

/* The environment ends: a worker was terminated, or the process exits. */
static void on_cleanup(napi_async_cleanup_hook_handle handle, void *data) {
  (void)handle;
  Pump *pump = data;
  for (int32_t place = 0; place < pump->places; place++) {
    if (pump->sockets[place].fd >= 0) close(pump->sockets[place].fd);
  }
  pump->places = pump->open = 0;
  napi_set_instance_data(pump->env, NULL, NULL, NULL);
  for (int index = 0; index < 3; index++) {
    if (pump->buffers[index]) napi_delete_reference(pump->env, pump->buffers[index]);
  }
  if (pump->readable) napi_delete_reference(pump->env, pump->readable);
  if (pump->context) napi_async_destroy(pump->env, pump->context);
  if (!pump->poll) {
    free_pump(pump);
    return;
  }
  uv_poll_stop(pump->poll);
  uv_close((uv_handle_t *)pump->poll, on_closed);
  close(pump->epoll);
}

NAPI_MODULE_INIT() {
  Pump *pump = calloc(1, sizeof *pump);
  if (!pump) return exports;
  pump->env = env;
  pump->epoll = -1;
  if (napi_add_async_cleanup_hook(env, on_cleanup, pump, &pump->cleanup) != napi_ok || napi_set_instance_data(env, pump, NULL, NULL) != napi_ok) {
    /* Without these nothing would ever be freed: as if it had not been built. The hook, if there is one, frees it. */
    if (!pump->cleanup) free(pump);
    return exports;
  }
  const struct {
    const char *name;
    napi_callback function;
  } functions[] = {{"start", pump_start}, {"open", pump_open}, {"close", pump_close}, {"read", pump_read},
                   {"name", pump_name},   {"aim", pump_aim},   {"send", pump_send},   {"favour", pump_favour}};
  for (size_t index = 0; index < sizeof functions / sizeof *functions; index++) {
    napi_value function;
    if (napi_create_function(env, functions[index].name, NAPI_AUTO_LENGTH, functions[index].function, NULL, &function) != napi_ok) return exports;
    napi_set_named_property(env, exports, functions[index].name, function);
  }
  napi_set_named_property(env, exports, "version", number(env, PUMP_VERSION));
  return exports;
}
