import { AppError } from '../../lib/errors.ts'

/** The logger reads its settings when it is made, so it is imported after this. */
process.env.LOG_LEVEL = 'INFO'
const { logger } = await import('../../lib/logger.ts')
const { captureOutput } = await import('../support/output.ts')

async function logged(error: Error) {
  const { log, text } = await captureOutput(async () => logger.error('failed', error))
  return { error: log[0]?.error as Record<string, unknown>, text }
}

/** As the driver makes it when its `debug` is on: everything enumerable. */
const databaseError = () =>
  Object.assign(new Error('duplicate key value violates unique constraint "users_email_key"'), {
    name: 'PostgresError',
    code: '23505',
    constraint_name: 'users_email_key',
    detail: 'Key (email)=(ann@example.com) already exists.',
    where: 'in ann@example.com',
    query: 'insert into users values ($1)',
    parameters: ['ann@example.com'],
    args: ['ann@example.com'],
  })

test('says of a database error what failed, not with which values', async () => {
  const { error, text } = await logged(databaseError())

  expect(error).toMatchObject({ name: 'PostgresError', code: '23505', constraint_name: 'users_email_key' })
  expect(text).not.toContain('ann@example.com')
  expect(text).not.toContain('insert into')
})

test('says no more of a database error that is a cause', async () => {
  const { error, text } = await logged(new AppError('unavailable', 'Later', { cause: databaseError() }))

  expect(error).toMatchObject({ name: 'AppError', code: 'unavailable', cause: { code: '23505' } })
  expect(text).not.toContain('ann@example.com')
})

test('keeps the whole chain of causes', async () => {
  const { error } = await logged(
    new Error('outer', { cause: new Error('middle', { cause: new TypeError('inner') }) }),
  )

  expect(error).toMatchObject({
    message: 'outer',
    stack: expect.stringContaining('logger.test.ts'),
    cause: { message: 'middle', cause: { name: 'TypeError', message: 'inner' } },
  })
})

test('names each of several errors', async () => {
  const { error } = await logged(new AggregateError([new Error('IPv6'), new Error('IPv4')], 'no way'))

  expect(error).toMatchObject({ message: 'no way', errors: [{ message: 'IPv6' }, { message: 'IPv4' }] })
})

test('ends a chain of causes that leads back to itself', async () => {
  const loop = new Error('loop')
  loop.cause = loop

  expect((await logged(loop)).error).toMatchObject({ message: 'loop', cause: { message: 'loop' } })
})
