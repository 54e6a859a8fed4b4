// What real clients and servers send, as far as it differs in what a parser sees: the seeds of all mutations.

/** One message: the head written as lines, then the body as it is. */
function message(head: string, body = ''): string {
  return `${head.trim().replace(/\n */g, '\r\n')}\r\n\r\n${body}`
}

const JSON_BODY = '{"sku":"A-17","quantity":3}'

export const REQUESTS: readonly string[] = [
  // Chrome
  message(`GET /cart?ref=mail%20x&utm=1 HTTP/1.1
    Host: shop.example
    Connection: keep-alive
    Cache-Control: max-age=0
    sec-ch-ua: "Chromium";v="130", "Not?A_Brand";v="99"
    sec-ch-ua-mobile: ?0
    Upgrade-Insecure-Requests: 1
    User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36
    Accept: text/html,application/xhtml+xml,*/*;q=0.8
    Accept-Encoding: gzip, deflate, br, zstd
    Cookie: sid=s%3Aabc.def; theme=dark`),
  // Firefox, a form
  message(
    `POST /login HTTP/1.1
    Host: shop.example:8080
    User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0
    Content-Type: application/x-www-form-urlencoded
    Content-Length: 23
    Origin: http://shop.example:8080
    Connection: keep-alive
    Priority: u=0, i`,
    'user=ann&password=x%26y',
  ),
  // curl, also with Expect and through a proxy
  message('GET / HTTP/1.1\nHost: 127.0.0.1:8080\nUser-Agent: curl/8.5.0\nAccept: */*'),
  message(
    `PUT /files/a.txt HTTP/1.1
    Host: [::1]:8080
    User-Agent: curl/8.5.0
    Accept: */*
    Content-Length: 5
    Expect: 100-continue`,
    'hello',
  ),
  message(`GET http://orders.internal:81/list?page=2 HTTP/1.1
    Host: orders.internal:81
    User-Agent: curl/8.5.0
    Proxy-Connection: Keep-Alive
    Proxy-Authorization: Basic YTpi`),
  message('CONNECT orders:80 HTTP/1.1\nHost: orders:80\nUser-Agent: curl/8.5.0\nProxy-Connection: Keep-Alive'),
  // undici and fetch
  message(
    `POST /orders HTTP/1.1
    host: orders
    connection: keep-alive
    content-type: application/json
    accept: */*
    accept-language: *
    sec-fetch-mode: cors
    user-agent: node
    content-length: 27`,
    JSON_BODY,
  ),
  // node:http with a streamed body
  message(
    `POST /upload HTTP/1.1
    Content-Type: application/octet-stream
    Host: files:3000
    Connection: keep-alive
    Transfer-Encoding: chunked`,
    '5\r\nhello\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n',
  ),
  // Go, chunked, with trailers announced
  message(
    `POST /v1/ingest HTTP/1.1
    Host: ingest:9000
    User-Agent: Go-http-client/1.1
    Transfer-Encoding: chunked
    Trailer: X-Checksum
    Accept-Encoding: gzip`,
    'b\r\nhello world\r\n0\r\nX-Checksum: 5eb63bbb\r\nX-Rows: 1\r\n\r\n',
  ),
  // AWS SDK: signed chunks within the transfer coding, a trailer of its own
  message(
    `PUT /bucket/key HTTP/1.1
    Host: s3.example
    x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER
    Content-Encoding: aws-chunked
    X-Amz-Trailer: x-amz-checksum-crc32
    Transfer-Encoding: chunked`,
    '2E;chunk-signature=ad80c730\r\n5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n\r\n0\r\n\r\n',
  ),
  // Java: HttpURLConnection, java.net.http offering h2c, Apache
  message(`GET /api HTTP/1.1
    User-Agent: Java/21.0.4
    Host: api.internal
    Accept: text/html, image/gif, image/jpeg, */*; q=0.2
    Connection: keep-alive`),
  message(`GET /api HTTP/1.1
    Connection: Upgrade, HTTP2-Settings
    Host: api.internal
    HTTP2-Settings: AAEAAEAAAAIAAAAAAAMAAAAAAAQBAAAAAAUAAEAAAAYABgAA
    Upgrade: h2c
    User-Agent: Java-http-client/21.0.4`),
  message('DELETE /a/1 HTTP/1.1\nHost: a\nConnection: Keep-Alive\nUser-Agent: Apache-HttpClient/4.5.14 (Java/17)'),
  // Python requests, aiohttp; Ruby; .NET
  message(`HEAD /r HTTP/1.1
    Host: localhost:5000
    User-Agent: python-requests/2.32.3
    Accept-Encoding: gzip, deflate
    Accept: */*
    Connection: keep-alive`),
  message(
    `PATCH /items/7 HTTP/1.1
    Host: items
    User-Agent: Python/3.12 aiohttp/3.10
    Content-Length: 2
    Content-Type: application/merge-patch+json`,
    '{}',
  ),
  message('GET / HTTP/1.1\nAccept-Encoding: gzip;q=1.0,deflate;q=0.6\nAccept: */*\nUser-Agent: Ruby\nHost: r:80'),
  message(
    `POST /graphql HTTP/1.1
    Host: gql
    traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
    Transfer-Encoding: chunked
    Content-Type: application/json; charset=utf-8`,
    '1C\r\n{"query":"{ me { name } } "}\r\n0\r\n\r\n',
  ),
  // WebSocket: Chrome and ws
  message(`GET /socket HTTP/1.1
    Host: shop.example
    Connection: Upgrade
    Pragma: no-cache
    Upgrade: websocket
    Origin: http://shop.example
    Sec-WebSocket-Version: 13
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==
    Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits`),
  message(`GET /live HTTP/1.1
    Sec-WebSocket-Version: 13
    Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==
    Connection: Upgrade
    Upgrade: WebSocket
    Host: live:4000`),
  // Old and small: ab, HAProxy's check, nginx to its upstreams, an HTTP/1.0 upload
  message('GET / HTTP/1.0\nConnection: Keep-Alive\nHost: localhost\nUser-Agent: ApacheBench/2.3\nAccept: */*'),
  message('OPTIONS / HTTP/1.0'),
  message('GET /x HTTP/1.0\nHost: backend\nConnection: close\nX-Real-IP: 10.0.0.9\nX-Forwarded-For: 10.0.0.9'),
  message('POST /old HTTP/1.0\nContent-Length: 3\nExpect: 100-continue', 'abc'),
  // An empty line first: what old browsers sent behind a POST
  `\r\n${message('GET /after HTTP/1.1\nHost: a')}`,
  // Through other proxies
  message(`GET /p HTTP/1.1
    Host: inner
    X-Forwarded-For: 203.0.113.7, 10.1.2.3
    X-Forwarded-Proto: https
    X-Forwarded-Host: shop.example
    Forwarded: for=203.0.113.7;proto=https
    Via: 1.1 edge
    Connection: close`),
  message('GET /t HTTP/1.1\nHost: a\nTE: trailers, deflate;q=0.5\nConnection: TE, close, X-Private\nX-Private: 1'),
  // WebDAV, CORS, server-wide, cache, a range, SSDP-like
  message('PROPFIND /dav/ HTTP/1.1\nHost: dav\nDepth: 1\nContent-Length: 0'),
  message('OPTIONS /api HTTP/1.1\nHost: api\nOrigin: http://a\nAccess-Control-Request-Method: PUT'),
  message('OPTIONS * HTTP/1.1\nHost: api'),
  message('OPTIONS http://api HTTP/1.1\nHost: api'),
  message('GET http://api?x=1 HTTP/1.1\nHost: other'),
  message('PURGE /img HTTP/1.1\nHost: cache'),
  message('GET /v.mp4 HTTP/1.1\nHost: v\nRange: bytes=0-99\nIf-Range: "e"\nEmpty:\nX-Tabbed:\ta\tb\t'),
  message('BREW-POT /c HTTP/1.1\nHost: c\nX-Bytes: \xe4\xf6\xfc\xff'),
  // multipart, with text in it that looks like a message
  message(
    `POST /m HTTP/1.1
    Host: m
    Content-Type: multipart/form-data; boundary=X
    Content-Length: 60`,
    '--X\r\nContent-Length: 9\r\n\r\nGET / HTTP/1.1\nHost: a\n\n\r\n--X--\r\n\r',
  ),
]

export const RESPONSES: readonly string[] = [
  // Express; node:http with chunks
  message(
    `HTTP/1.1 200 OK
    X-Powered-By: Express
    Content-Type: application/json; charset=utf-8
    Content-Length: 11
    ETag: W/"b-Ai2R8hgEarLmHKwesT1qcY913ys"
    Date: Mon, 05 Oct 2026 10:00:00 GMT
    Connection: keep-alive
    Keep-Alive: timeout=5`,
    '{"ok":true}',
  ),
  message(
    'HTTP/1.1 200 OK\nDate: Mon, 05 Oct 2026 10:00:00 GMT\nConnection: keep-alive\nTransfer-Encoding: chunked',
    '4\r\nwiki\r\n6\r\npedia \r\nE\r\nin \r\n\r\nchunks.\r\n0\r\n\r\n',
  ),
  // nginx, Apache, IIS
  message('HTTP/1.1 304 Not Modified\nServer: nginx/1.22.1\nConnection: keep-alive\nETag: "66f1-1a"'),
  message(
    `HTTP/1.1 301 Moved Permanently
    Server: nginx
    Content-Type: text/html
    Content-Length: 4
    Location: https://shop.example/`,
    'gone',
  ),
  message(
    'HTTP/1.1 200 OK\nServer: Apache/2.4.62 (Debian)\nVary: Accept-Encoding\nTransfer-Encoding: chunked',
    '000a\r\n0123456789\r\n0\r\n\r\n',
  ),
  message('HTTP/1.1 401 Unauthorized\nServer: Microsoft-IIS/10.0\nWWW-Authenticate: NTLM\nContent-Length: 0'),
  // Go with trailers; a chunk extension
  message(
    'HTTP/1.1 200 OK\nTrailer: Grpc-Status\nTransfer-Encoding: chunked\nDate: Mon, 05 Oct 2026 10:00:00 GMT',
    '3;a=b;c="d"\r\nabc\r\n0\r\nGrpc-Status: 0\r\nSet-Cookie: a=b\r\n\r\n',
  ),
  // Until the end of the connection
  message('HTTP/1.0 200 OK\nServer: SimpleHTTP/0.6 Python/3.12.3\nContent-type: text/plain', 'to the end\n'),
  message('HTTP/1.1 200 OK\nContent-Type: text/event-stream\nConnection: close', 'data: 1\n\ndata: 2\n\n'),
  message('HTTP/1.0 200 OK\nConnection: Keep-Alive\nContent-Length: 2', 'hi'),
  // No content
  message('HTTP/1.1 204 No Content\nAccess-Control-Allow-Origin: *'),
  message('HTTP/1.1 204 No Content\nContent-Length: 0\nConnection: close'),
  message('HTTP/1.1 205 Reset Content\nContent-Length: 0'),
  // Interim
  `${message('HTTP/1.1 100 Continue')}${message('HTTP/1.1 201 Created\nLocation: /a/1\nContent-Length: 1', 'x')}`,
  `${message('HTTP/1.1 103 Early Hints\nLink: </s.css>; rel=preload')}${message('HTTP/1.1 200 OK\nContent-Length: 0')}`,
  `${message('HTTP/1.1 102 Processing')}${message('HTTP/1.1 207 Multi-Status\nTransfer-Encoding: chunked', '0\r\n\r\n')}`,
  message(`HTTP/1.1 101 Switching Protocols
    Upgrade: websocket
    Connection: Upgrade
    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=`),
  // Odd but legal
  message('HTTP/1.1 200 \nContent-Length: 0'),
  message('HTTP/1.1 200\nContent-Length: 0'),
  message('HTTP/1.1 599 \xe4 \t reason\nContent-Length: 0\nKeep-Alive: max=100, timeout=15\nX-A:\nX-A: 2'),
  message(
    'HTTP/1.1 206 Partial Content\nContent-Range: bytes 0-3/100\nContent-Length: 4\nVia: 1.0 old',
    '\x00\xff\r\n',
  ),
  message(`HTTP/1.1 426 Upgrade Required
    Upgrade: TLS/1.0
    Connection: Upgrade, X-Hop
    X-Hop: 1
    Proxy-Authenticate: Basic
    Content-Length: 0`),
]
