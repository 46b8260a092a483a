// SPDX-License-Identifier: Apache-2.0
// The one place where Boost.Asio is named: the coroutine type, the socket types, the loop's
// executor.
//
// Concrete executors (not any_io_executor) keep the hot path free of virtual dispatch. Everything
// that runs as a Task runs on one loop thread; see ARCHITECTURE.md, table of threads.
//
// Coroutines under GCC 12: write them as named functions or members, never as capturing lambdas; do
// not build braced temporaries inside a co_await expression; keep arguments in named locals.
// Parameters are taken by value or as references to objects that outlive the coroutine.
#pragma once

#include "common/base/result.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace pcg::net {

namespace asio = boost::asio;

using Loop = asio::io_context;
using Executor = Loop::executor_type;

template <class T = void>
using Task = asio::awaitable<T, Executor>;

using TcpSocket = asio::basic_stream_socket<asio::ip::tcp, Executor>;
using TcpAcceptor = asio::basic_socket_acceptor<asio::ip::tcp, Executor>;
using UnixSocket = asio::basic_stream_socket<asio::local::stream_protocol, Executor>;
using UnixAcceptor = asio::basic_socket_acceptor<asio::local::stream_protocol, Executor>;
using TcpResolver = asio::ip::basic_resolver<asio::ip::tcp, Executor>;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>,
                                         Executor>;

inline constexpr asio::use_awaitable_t<Executor> kAwait{};

// co_await x.async_read_some(buffer, kAwaitTuple) yields (error_code, ...), nothing is thrown.
inline constexpr auto kAwaitTuple = asio::as_tuple(kAwait);

}  // namespace pcg::net
