import { readFile } from 'node:fs/promises'
import net from 'node:net'
import tls from 'node:tls'

const read = (name: string) => readFile(`test/support/tls/${name}`, 'utf8')

/** The authority that has signed the certificate of `localhost` below. */
export const readAuthority = () => read('ca.pem')

/** Speaks TLS for a PostgreSQL that does not, or refuses to. It keeps the first bytes it was sent. */
export async function startTlsFront(target: net.TcpNetConnectOpts, answer: 'S' | 'N' = 'S') {
  const [key, cert] = await Promise.all([read('server.key'), read('server.pem')])
  const heard: Buffer[] = []
  const open = new Set<net.Socket>()

  const server = net.createServer((raw) => {
    open.add(raw)
    raw.on('error', () => {})
    raw.on('close', () => open.delete(raw))
    raw.once('data', (request) => {
      heard.push(request)
      raw.write(answer)
      if (answer === 'N') raw.on('data', (more) => heard.push(more))
      else join(new tls.TLSSocket(raw, { isServer: true, key, cert }), net.connect(target))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

  return {
    port: (server.address() as net.AddressInfo).port,
    heard,
    reset: () => {
      for (const socket of open) socket.resetAndDestroy()
    },
    stop: () => {
      for (const socket of open) socket.destroy()
      server.close()
    },
  }
}

function join(near: net.Socket, far: net.Socket) {
  near.pipe(far).pipe(near)
  for (const [one, other] of [
    [near, far],
    [far, near],
  ] as const) {
    one.on('error', () => {})
    one.on('close', () => other.destroy())
  }
}
