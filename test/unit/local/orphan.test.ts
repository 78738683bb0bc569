import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { endOrphan } from '../../../infra/local/parts/orphan.ts'

const directory = mkdtempSync(path.join(tmpdir(), 'veza-orphan-'))
const pidFile = path.join(directory, 'pid')
afterAll(() => rmSync(directory, { recursive: true }))

async function startServer() {
  const child = spawn(
    process.execPath,
    ['-e', 'process.stdout.write("up"); setInterval(() => {}, 1e6)', '--', '--mine'],
    {
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  )
  await once(child.stdout, 'data')
  return child
}

test('ends the process of the file, if it is the one that was started', async () => {
  const child = await startServer()
  const exited = once(child, 'exit')
  writeFileSync(pidFile, String(child.pid))

  endOrphan(pidFile, '--mine')

  expect(await exited).toEqual([null, 'SIGKILL'])
})

test('leaves alone whoever has its number now', async () => {
  const child = await startServer()
  writeFileSync(pidFile, String(child.pid))

  endOrphan(pidFile, '--theirs')
  child.kill('SIGTERM')

  expect(await once(child, 'exit')).toEqual([null, 'SIGTERM'])
})

test.each(['', '0', '1', 'nonsense', '4194999'])('does nothing with the number %p', (text) => {
  writeFileSync(pidFile, text)

  expect(() => endOrphan(pidFile, '--mine')).not.toThrow()
})
