import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createLog, type LogRecord, toRecord } from '../../../infra/local/log.ts'

test('writes every record as a line of the file, and passes it on', async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'veza-log-'))
  const file = path.join(directory, 'platform.log')
  const heard: LogRecord[] = []
  const log = createLog(file, (record) => heard.push(record))

  log.of('gateway').warn('careful', { status: 404 })
  await log.close()

  expect(heard).toEqual([
    { time: expect.any(String), source: 'gateway', level: 'WARN', message: 'careful', status: 404 },
  ])
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(heard[0])
  rmSync(directory, { recursive: true })
})

test.each([
  {
    name: 'a line of the logger',
    line: '{"level":"ERROR","message":"no","timestamp":"2026-01-01T00:00:00.000Z","service":"auth","request_id":"q","n":1}',
    record: { time: '2026-01-01T00:00:00.000Z', level: 'ERROR', message: 'no', request_id: 'q', n: 1 },
  },
  {
    name: 'a level it does not know',
    line: '{"level":"LOUD","message":"x"}',
    record: { level: 'INFO', message: 'x' },
  },
  {
    name: 'a line with metrics',
    line: '{"level":"INFO","message":"request","_aws":{"Timestamp":1},"duration_ms":2}',
    record: { level: 'INFO', message: 'request', duration_ms: 2 },
  },
  { name: 'bare text', line: 'hello', record: { level: 'INFO', message: 'hello', request_id: 'r' } },
  { name: 'what only begins as JSON', line: '{ nearly', record: { level: 'INFO', message: '{ nearly' } },
])('understands $name', ({ line, record }) => {
  expect(toRecord('auth', line, 'r')).toMatchObject({ source: 'auth', request_id: 'r', ...record })
})
