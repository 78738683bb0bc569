import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'

/** Where webhooks are received, by a web server or by whatever one writes to a bare socket. */
export interface Receiver {
  readonly url: string
  readonly port: number
  /** Connections so far. */
  readonly connections: () => number
  /** Resolves once no connection is open. */
  readonly allClosed: () => Promise<void>
  readonly stop: () => void
}

const started: Receiver[] = []

export function stopReceivers(): void {
  for (const receiver of started.splice(0)) receiver.stop()
}

export const startReceiver = (listener: RequestListener) => listen(createHttpServer(listener))

/** Speaks as it likes. */
export const startRawReceiver = (
  onConnection: (socket: Socket) => void,
  { port, address }: { readonly port?: number; readonly address?: string } = {},
) => listen(createTcpServer(onConnection) as unknown as Server, port, address)

const read = (name: string) => readFile(`test/support/tls/${name}`, 'utf8')
/** The authority behind the certificate of `*.receivers.example`. */
export const readReceiverAuthority = () => read('receivers-ca.pem')

/** The second port that webhooks may go to; each test has this machine by an address of its own. */
export async function startTlsReceiver(address: string, listener: RequestListener) {
  const [key, cert] = await Promise.all([read('receivers.key'), read('receivers.pem')])
  return listen(createHttpsServer({ key, cert }, listener), 8443, address)
}

async function listen(server: Server, port = 0, address = '127.0.0.1'): Promise<Receiver> {
  const open = new Set<Socket>()
  let connections = 0
  server.on('connection', (socket: Socket) => {
    connections += 1
    open.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => {
      open.delete(socket)
      server.emit('left')
    })
  })
  server.on('tlsClientError', () => {})
  server.listen(port, address)
  await once(server, 'listening')
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    allClosed: async () => {
      while (open.size > 0) await once(server, 'left')
    },
    stop: () => {
      for (const socket of open) socket.destroy()
      server.close()
    },
  }
  started.push(receiver)
  return receiver
}
