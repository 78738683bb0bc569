import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import net, { type AddressInfo } from 'node:net'
import path from 'node:path'

export interface Ports {
  readonly api: number
  readonly frontDoor: number
  readonly database: number
  readonly mailbox: number
  readonly streamServer: number
  readonly media: number
  readonly stripe: number
}

const usual: Ports = {
  api: 8080,
  frontDoor: 4566,
  database: 54320,
  mailbox: 8025,
  streamServer: 8082,
  media: 8083,
  stripe: 8084,
}

/**
 * The ports of the last start where they are still free, so that URLs stay the same; else others. A port for the API
 * that was asked for is taken or refused, never replaced; 0 asks for any.
 */
export async function choosePorts(dataDir: string, apiPort?: number): Promise<Ports> {
  const file = path.join(dataDir, 'ports.json')
  const last: Partial<Ports> = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}
  const fallback: Partial<Ports> = apiPort === 0 ? {} : usual
  const chosen: Record<string, number> = {}
  for (const name of Object.keys(usual) as (keyof Ports)[]) {
    const wanted = last[name] ?? fallback[name] ?? 0
    const isFixed = name === 'api' && apiPort !== undefined && apiPort > 0
    chosen[name] = isFixed ? await mustBeFree(apiPort) : await freePort(wanted, Object.values(chosen))
  }
  writeFileSync(file, JSON.stringify(chosen))
  return chosen as unknown as Ports
}

/** Who may call from a browser: a web application where it is developed, and the page that the platform shows itself. */
export const originsOf = ({ api }: Pick<Ports, 'api'>): string =>
  [5173, api].flatMap((port) => [`http://127.0.0.1:${port}`, `http://localhost:${port}`]).join()

async function mustBeFree(port: number): Promise<number> {
  if ((await tryPort(port)) === undefined)
    throw new Error(`Port ${port} is taken; choose another with --port`)
  return port
}

/** The system may give a port twice, for the first one is let go again. */
async function freePort(wanted: number, others: readonly number[]): Promise<number> {
  const port = (await tryPort(wanted)) ?? (await tryPort(0)) ?? wanted
  return others.includes(port) ? freePort(0, others) : port
}

/** The port, once it was seen to be free; 0 gives any. */
async function tryPort(port: number): Promise<number | undefined> {
  const server = net.createServer()
  server.listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch {
    return undefined
  }
  const { port: got } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return got
}
