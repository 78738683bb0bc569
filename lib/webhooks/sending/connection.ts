import { isIP, type LookupFunction, type Socket } from 'node:net'
import { createSecureContext, type SecureContext } from 'node:tls'
import { buildConnector, Client } from 'undici'
import { AttemptFailure } from './failure.ts'
import type { Target } from './target.ts'

export interface ConnectionSettings {
  /** Certificates that are trusted in place of the usual ones. */
  readonly ca?: string
}

/** What a header, all of them and the framing of a body may come to; bodies are counted where they are read. */
const longestHeaderBytes = 16 * 1024
const mostBytesReceived = 1024 * 1024
const lookEveryMs = 50

/** Certificates that are trusted are read once; to do so takes as long as to sign a webhook. */
export function createOpenConnection({ ca }: ConnectionSettings) {
  let trusted: SecureContext | undefined
  return (target: Target, stop: (why: AttemptFailure) => void) => {
    if (target.url.protocol === 'https:') trusted ??= createSecureContext({ ...(ca && { ca }) })
    return openConnection(target, trusted, stop)
  }
}

/**
 * A connection for one request, to the vetted addresses whatever the name has become by now, with the name's own SNI
 * and certificate. It is not kept: between two batches an environment is frozen, so that a kept one would be dead as
 * often as not (and a POST is not repeated), would outlive what was vetted, and would join tenants that share a host.
 */
function openConnection(
  target: Target,
  secureContext: SecureContext | undefined,
  stop: (why: AttemptFailure) => void,
) {
  const connector = buildConnector({
    ...(secureContext && { secureContext }),
    rejectUnauthorized: true,
    lookup: pinTo(target.addresses),
    allowH2: false,
    // A session taken up again skips the check of the certificate's name, and is kept before that check was made.
    maxCachedSessions: 0,
    timeout: 0,
  })
  let socket: Socket | undefined
  let watch: NodeJS.Timeout | undefined

  const connect: buildConnector.connector = (options, callback) => {
    // The client would connect again to somebody who hangs up, and again.
    if (socket) return callback(new AttemptFailure('connect_failed'), null)
    let isReached = false
    const opened = connector(options, (error, connected) => {
      if (error) return callback(new AttemptFailure(isReached ? 'tls_failed' : 'connect_failed'), null)
      if (!target.isAllowed(connected!.remoteAddress ?? '')) {
        connected!.destroy()
        return callback(new AttemptFailure('address_not_allowed'), null)
      }
      watch = stopWhenFlooded(connected!, stop)
      callback(null, connected!)
    }) as unknown as Socket
    socket = opened
    opened.once('connect', () => {
      isReached = true
    })
    return opened
  }

  const client = new Client(target.url.origin, {
    connect,
    // A connection is closed after its request.
    pipelining: 0,
    maxHeaderSize: longestHeaderBytes,
    // The attempt as a whole has a deadline.
    connectTimeout: 0,
    headersTimeout: 0,
    bodyTimeout: 0,
  })
  return {
    client,
    close() {
      clearInterval(watch)
      socket?.destroy()
      client.destroy().catch(() => {})
    },
  }
}

const pinTo =
  (addresses: readonly string[]): LookupFunction =>
  (_, { all }, callback) => {
    const pinned = addresses.map((address) => ({ address, family: isIP(address) }))
    if (all) callback(null, pinned)
    else callback(null, pinned[0]!.address, pinned[0]!.family)
  }

/** Hints without end and the framing of chunks are no body, and nobody else counts them. */
function stopWhenFlooded(socket: Socket, stop: (why: AttemptFailure) => void) {
  const look = () => {
    if (socket.bytesRead > mostBytesReceived) stop(new AttemptFailure('response_too_large'))
  }
  return setInterval(look, lookEveryMs)
}
