import { once } from 'node:events'
import net from 'node:net'
import tls from 'node:tls'
import type { DatabaseSettings } from './settings.ts'

const connectTimeoutMs = 5_000

/** PostgreSQL's request to speak TLS, answered with one letter. */
const tlsRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47])

/** A way to the server; with TLS it resolves once the certificate has proven to be that of the host. */
export async function openSocket(
  { host, port, tls: isEncrypted }: DatabaseSettings,
  track: (socket: net.Socket) => void,
): Promise<net.Socket> {
  const raw = net.connect({ host, port, noDelay: true })
  track(raw)
  if (!isEncrypted) return raw

  const waiting = { signal: AbortSignal.timeout(connectTimeoutMs) }
  await once(raw, 'connect', waiting)
  raw.write(tlsRequest)
  const [answer] = (await once(raw, 'data', waiting)) as [Buffer]
  // More than the letter would be somebody's attempt to speak before the encryption.
  if (answer.toString() !== 'S') throw new Error('The database server does not speak TLS')
  const secure = tls.connect({ socket: raw, host, ...(!net.isIP(host) && { servername: host }) })
  track(secure)
  await once(secure, 'secureConnect', waiting)
  return secure
}
