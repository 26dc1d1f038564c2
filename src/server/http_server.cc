#include "server/http_server.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <cstdio>
#include <ctime>
#include <random>
#include <unordered_set>

#include "server/routes.h"
#include "text/json.h"

namespace onedge::server {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::experimental::awaitable_operators::operator||;
using Clock = std::chrono::steady_clock;
using Stream = beast::basic_stream<asio::generic::stream_protocol>;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr uint32_t kMaxHeaderBytes = 32 << 10;
// Bytes beyond the limit of a body that are read and dropped: if the connection ended while the client is sending, the
// client would lose the answer with the reason.
constexpr uint64_t kLingerBytes = uint64_t{1} << 20;

constexpr const char* kExposedHeaders =
    "etag, inference-header-content-length, retry-after, x-onedge-model, x-request-id";

std::string NewRequestId() {
  static thread_local std::mt19937_64 random{std::random_device()()};
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(random()));
  return text;
}

class HttpServer {
 public:
  HttpServer(const ServerOptions& options, const ServedModels& models, const WorkerOptions& worker_options)
      : options_(options), models_(models), worker_options_(worker_options), workers_(worker_options, metrics_) {}

  Status Run(const std::function<void(const std::string&)>& started) {
    asio::signal_set signals(io_, SIGINT, SIGTERM);  // before anybody learns that the server is there
    signals.async_wait([this](const boost::system::error_code& stopped, int) {
      if (!stopped) Drain();
    });
    if (options_.socket_path.empty()) {
      ONEDGE_RETURN_IF_ERROR(ListenTcp(started));
    } else {
      ONEDGE_RETURN_IF_ERROR(ListenUnix(started));
    }
    io_.run();
    if (!options_.socket_path.empty()) unlink(options_.socket_path.c_str());
    return OkStatus();
  }

 private:
  // ---- listening

  Status ListenTcp(const std::function<void(const std::string&)>& started) {
    boost::system::error_code error;
    const std::string service = std::to_string(options_.port);
    asio::ip::tcp::resolver resolver(io_);
    const auto found = resolver.resolve(options_.host, service, error);
    if (error) return NotFound("--host ", options_.host, ": ", error.message());
    const asio::ip::tcp::endpoint endpoint = *found.begin();
    tcp_.open(endpoint.protocol(), error);
    if (!error) tcp_.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) tcp_.bind(endpoint, error);
    if (!error) tcp_.listen(asio::socket_base::max_listen_connections, error);
    if (error)
      return InvalidArgument("cannot listen on ", options_.host, ":", options_.port, ": ", error.message(),
                             "; --port takes another one");
    std::string address = tcp_.local_endpoint().address().to_string();
    if (endpoint.address().is_v6()) address = "[" + address + "]";
    started(StrCat("http://", address, ":", tcp_.local_endpoint().port()));
    asio::co_spawn(io_, Accept(tcp_), asio::detached);
    return OkStatus();
  }

  Status ListenUnix(const std::function<void(const std::string&)>& started) {
    boost::system::error_code error;
    const std::string& path = options_.socket_path;
    if (path.size() >= 108) return InvalidArgument("--socket ", path, ": the path is longer than 107 bytes");
    const asio::local::stream_protocol::endpoint endpoint(path);
    // A socket that nobody listens on was left behind by a server that was killed.
    asio::local::stream_protocol::socket probe(io_);
    probe.connect(endpoint, error);
    if (!error) return InvalidArgument("--socket ", path, ": another server listens on it");
    if (error == asio::error::connection_refused) unlink(path.c_str());
    unix_.open(endpoint.protocol(), error);
    if (!error) unix_.bind(endpoint, error);
    if (!error) unix_.listen(asio::socket_base::max_listen_connections, error);
    if (error) return InvalidArgument("cannot listen on ", path, ": ", error.message());
    started(StrCat("unix:", path));
    asio::co_spawn(io_, Accept(unix_), asio::detached);
    return OkStatus();
  }

  template <typename Acceptor>
  asio::awaitable<void> Accept(Acceptor& acceptor) {
    for (;;) {
      auto [error, socket] = co_await acceptor.async_accept(kAwait);
      if (error == asio::error::operation_aborted || draining_) co_return;
      if (error) {  // too many open files, say: others may close meanwhile
        asio::steady_timer wait(io_, std::chrono::milliseconds(50));
        co_await wait.async_wait(kAwait);
        continue;
      }
      if constexpr (std::is_same_v<Acceptor, asio::ip::tcp::acceptor>) {
        boost::system::error_code ignored;
        socket.set_option(asio::ip::tcp::no_delay(true), ignored);
      }
      asio::co_spawn(io_, Serve(Stream(asio::generic::stream_protocol::socket(std::move(socket)))), asio::detached);
    }
  }

  // ---- one connection

  asio::awaitable<void> Serve(Stream stream) {
    ++connections_;
    beast::flat_buffer buffer;
    for (bool open = true; open && !draining_;) open = co_await ServeOne(stream, buffer);
    boost::system::error_code ignored;
    stream.socket().shutdown(asio::socket_base::shutdown_both, ignored);
    if (--connections_ == 0 && draining_) drain_timer_.cancel();
  }

  // Reads a request and answers it. False: the connection ends.
  asio::awaitable<bool> ServeOne(Stream& stream, beast::flat_buffer& buffer) {
    http::request_parser<http::string_body> parser;
    parser.header_limit(kMaxHeaderBytes);
    parser.body_limit(options_.max_body_bytes);
    // The connection is idle until the first byte of a request.
    if (buffer.size() == 0) {
      stream.expires_after(options_.idle_timeout);
      idle_.insert(&stream);
      auto [error, size] = co_await stream.async_read_some(buffer.prepare(4096), kAwait);
      idle_.erase(&stream);
      if (error) co_return false;
      buffer.commit(size);
    }
    const auto arrived = Clock::now();
    // A timer of its own: after one of the stream, nothing could be sent.
    stream.expires_never();
    asio::steady_timer limit(io_, options_.read_timeout);
    const auto header = co_await (http::async_read_header(stream, buffer, parser, kAwait) || limit.async_wait(kAwait));
    if (header.index() == 1) co_return co_await Refuse(stream, parser, beast::error::timeout);
    if (const auto error = std::get<0>(std::get<0>(header))) co_return co_await Refuse(stream, parser, error);
    if (beast::iequals(parser.get()[http::field::expect], "100-continue")) {
      http::response<http::empty_body> more(http::status::continue_, 11);
      co_await http::async_write(stream, more, kAwait);
    }
    const auto body = co_await (http::async_read(stream, buffer, parser, kAwait) || limit.async_wait(kAwait));
    if (body.index() == 1) co_return co_await Refuse(stream, parser, beast::error::timeout);
    if (const auto error = std::get<0>(std::get<0>(body))) co_return co_await Refuse(stream, parser, error);

    const bool keep_alive = parser.get().keep_alive();
    const unsigned version = parser.get().version();
    auto message = parser.release();
    HttpRequest request{
        .method = message.method_string(), .target = message.target(), .body = std::move(message.body())};
    for (const auto& field : message) {
      std::string name(field.name_string());
      for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
      request.headers.emplace_back(std::move(name), field.value());
    }
    const std::string method = request.method;
    const std::string id = std::string(request.Header("x-request-id").value_or(""));
    RouteContext context{&models_, &metrics_, &worker_options_, &options_.api_keys, draining_};
    Routed routed = Route(std::move(request), context);
    if (routed.job) routed.reply = co_await Answer(stream, buffer, routed.job);
    const bool gone = routed.reply.status == 499;
    const bool open = keep_alive && !draining_ && !gone;
    Finish(routed, method, id.empty() || id.size() > 128 ? NewRequestId() : id, arrived);
    co_return co_await Write(stream, std::move(routed.reply), method == "HEAD", version, open) && open;
  }

  // The answer of the workers. A client that closes its side has no use for it.
  asio::awaitable<Reply> Answer(Stream& stream, beast::flat_buffer& buffer, std::shared_ptr<Job> job) {
    struct Pending {
      explicit Pending(asio::io_context& io) : done(io, Clock::time_point::max()) {}
      asio::steady_timer done;
      std::optional<Reply> reply;
    };
    const auto pending = std::make_shared<Pending>(io_);
    job->respond = [this, pending](Reply reply) {
      asio::post(io_, [pending, reply = std::move(reply)]() mutable {
        pending->reply = std::move(reply);
        pending->done.cancel();
      });
    };
    if (!workers_.Submit(job))
      co_return ErrorReply(429, ResourceExhausted("too many requests wait: send it again later"));
    stream.expires_never();
    bool watching = buffer.size() == 0;
    while (!pending->reply) {
      if (!watching) {
        co_await pending->done.async_wait(kAwait);
        continue;
      }
      co_await (pending->done.async_wait(kAwait) || stream.socket().async_wait(asio::socket_base::wait_read, kAwait));
      if (pending->reply) break;
      char next;
      const ssize_t size = recv(stream.socket().native_handle(), &next, 1, MSG_PEEK | MSG_DONTWAIT);
      watching = size < 0 && (errno == EAGAIN || errno == EINTR);  // bytes: the client's next request
      if (size == 0 || (size < 0 && !watching)) job->cancelled = true;
    }
    co_return *std::move(pending->reply);
  }

  // A request that cannot be read.
  asio::awaitable<bool> Refuse(Stream& stream, http::request_parser<http::string_body>& parser,
                               boost::system::error_code error) {
    if (error == http::error::end_of_stream || error == asio::error::connection_reset ||
        error == asio::error::operation_aborted)
      co_return false;
    Routed routed;
    if (error == http::error::body_limit) {
      routed.reply =
          ErrorReply(413, ResourceExhausted("the request's body has more than ", options_.max_body_bytes, " bytes"));
    } else if (error == http::error::header_limit) {
      routed.reply = ErrorReply(431, InvalidArgument("the request's header has more than ", kMaxHeaderBytes, " bytes"));
    } else if (error == beast::error::timeout) {
      routed.reply =
          ErrorReply(408, DeadlineExceeded("the request did not arrive within ", options_.read_timeout.count(), " ms"));
    } else {
      routed.reply = ErrorReply(400, InvalidArgument("the request is not HTTP/1.1: ", error.message()));
    }
    Finish(routed, std::string(parser.get().method_string()), NewRequestId(), Clock::now());
    if (!co_await Write(stream, std::move(routed.reply), false, 11, false)) co_return false;
    boost::system::error_code ignored;
    stream.socket().shutdown(asio::socket_base::shutdown_send, ignored);
    char dropped[4096];
    stream.expires_after(std::chrono::seconds(2));
    for (uint64_t sum = 0; sum < kLingerBytes;) {
      auto [failed, size] = co_await stream.async_read_some(asio::buffer(dropped), kAwait);
      if (failed) break;
      sum += size;
    }
    co_return false;
  }

  asio::awaitable<bool> Write(Stream& stream, Reply reply, bool head, unsigned version, bool keep_alive) {
    http::response<http::string_body> response(static_cast<http::status>(reply.status), version);
    response.set(http::field::server, "onedge");
    response.set(http::field::access_control_allow_origin, "*");
    response.set(http::field::access_control_expose_headers, kExposedHeaders);
    if (!reply.content_type.empty()) response.set(http::field::content_type, reply.content_type);
    for (const auto& [name, value] : reply.headers) response.insert(name, value);
    response.keep_alive(keep_alive);
    const size_t length = reply.body.size();
    if (!head) response.body() = std::move(reply.body);
    if (reply.status != 204 && reply.status != 304) response.content_length(length);
    http::response_serializer<http::string_body> serializer(response);
    stream.expires_after(options_.write_timeout);
    if (head) {
      auto [error, size] = co_await http::async_write_header(stream, serializer, kAwait);
      co_return !error;
    }
    auto [error, size] = co_await http::async_write(stream, serializer, kAwait);
    co_return !error;
  }

  // Headers, metrics and the log of every answer.
  void Finish(Routed& routed, const std::string& method, const std::string& id, Clock::time_point arrived) {
    const double seconds = std::chrono::duration<double>(Clock::now() - arrived).count();
    if (!routed.model.empty()) routed.reply.headers.emplace_back("x-onedge-model", routed.model);
    routed.reply.headers.emplace_back("x-request-id", id);
    metrics_.CountRequest(routed.route, routed.model, routed.reply.status, seconds);
    if (!options_.log_requests) return;
    char time[32];
    const std::time_t now = std::time(nullptr);
    std::tm utc;
    std::strftime(time, sizeof time, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
    JsonWriter out;
    out.Object().Key("time").Text(time).Key("id").Text(id).Key("method").Text(method).Key("route").Text(routed.route);
    out.Key("model")
        .Text(routed.model)
        .Key("status")
        .Int(routed.reply.status)
        .Key("ms")
        .Number(std::round(seconds * 1e6) / 1e3)
        .End();
    if (const auto line = out.ToString(); line.ok()) std::fprintf(stderr, "%s\n", line->c_str());
  }

  // ---- the end

  void Drain() {
    draining_ = true;
    boost::system::error_code ignored;
    tcp_.close(ignored);
    unix_.close(ignored);
    for (Stream* stream : idle_) stream->cancel();
    if (connections_ == 0) return io_.stop();
    drain_timer_.expires_after(options_.drain_timeout);
    drain_timer_.async_wait([this](const boost::system::error_code&) { io_.stop(); });
  }

  const ServerOptions& options_;
  const ServedModels& models_;
  const WorkerOptions worker_options_;
  Metrics metrics_;
  asio::io_context io_{1};
  asio::ip::tcp::acceptor tcp_{io_};
  asio::local::stream_protocol::acceptor unix_{io_};
  asio::steady_timer drain_timer_{io_};
  std::unordered_set<Stream*> idle_;  // connections without a request
  size_t connections_ = 0;
  bool draining_ = false;
  Workers workers_;  // the last: its threads post to io_
};

// As many connections as the system lets the process have.
void RaiseFileLimit() {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

Status RunServer(const ServerOptions& options, const ServedModels& models, const WorkerOptions& worker_options,
                 const std::function<void(const std::string& address)>& started) {
  RaiseFileLimit();
  return HttpServer(options, models, worker_options).Run(started);
}

}  // namespace onedge::server
