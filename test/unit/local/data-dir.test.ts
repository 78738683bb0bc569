import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import net, { type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { PlatformInfo } from '../../../infra/local/client.ts'
import { openDataDir } from '../../../infra/local/data-dir.ts'
import { choosePorts } from '../../../infra/local/ports.ts'

const root = mkdtempSync(path.join(tmpdir(), 'veza-data-'))
afterAll(() => rmSync(root, { recursive: true }))
const newDir = () => mkdtempSync(path.join(root, 'data-'))
const within = (directory: string, name: string) => path.join(directory, name)

async function taken<T>(work: (port: number) => Promise<T>): Promise<T> {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    return await work((server.address() as AddressInfo).port)
  } finally {
    server.close()
  }
}

test('keeps what is there, and forgets it when it begins anew', () => {
  const directory = newDir()
  for (const name of ['secrets.json', 'ports.json', 'other']) writeFileSync(within(directory, name), 'x')

  openDataDir(directory).release()
  expect(existsSync(within(directory, 'secrets.json'))).toBe(true)

  openDataDir(directory, { isFresh: true }).release()
  expect(
    ['secrets.json', 'ports.json', 'other'].filter((name) => existsSync(within(directory, name))),
  ).toEqual(['ports.json', 'other'])
})

test('tells tools only while it is up', () => {
  const data = openDataDir(newDir())

  data.publish({ pid: 7 } as PlatformInfo)
  expect(JSON.parse(readFileSync(data.platformFile, 'utf8'))).toEqual({ pid: 7 })

  data.retract()
  expect(existsSync(data.platformFile)).toBe(false)
})

test('takes over from a platform that was killed', () => {
  const directory = newDir()
  writeFileSync(within(directory, 'platform.lock'), '4194999')
  writeFileSync(within(directory, 'platform.json'), '{}')

  openDataDir(directory)

  expect(readFileSync(within(directory, 'platform.lock'), 'utf8')).toBe(String(process.pid))
  expect(existsSync(within(directory, 'platform.json'))).toBe(false)
})

test('takes over when the number of a killed platform has gone to another program', () => {
  const directory = newDir()
  writeFileSync(within(directory, 'platform.lock'), '1')

  expect(() => openDataDir(directory)).not.toThrow()
})

test('chooses the ports of the last start again', async () => {
  const directory = newDir()

  const first = await choosePorts(directory, 0)

  expect(await choosePorts(directory, 0)).toEqual(first)
  expect(new Set(Object.values(first)).size).toBe(7)
})

test('avoids a port that is taken', async () => {
  const directory = newDir()
  const first = await choosePorts(directory, 0)

  await taken(async (port) => {
    writeFileSync(within(directory, 'ports.json'), JSON.stringify({ ...first, database: port }))
    const next = await choosePorts(directory, 0)

    expect(next.database).not.toBe(port)
    expect({ ...next, database: 0 }).toEqual({ ...first, database: 0 })
  })
})

test('refuses a port that was asked for and is taken', async () => {
  await taken(async (port) => {
    await expect(choosePorts(newDir(), port)).rejects.toThrow(`Port ${port} is taken`)
  })
})
