import { createPasswords } from '../../../lib/auth/passwords.ts'

const passwords = createPasswords({ cost: 4 })

test('knows the password again, and no other', async () => {
  const stored = await passwords.hash('correct horse')

  expect(stored).toMatch(/^\$2b\$04\$/)
  expect(await passwords.matches('correct horse', stored)).toBe(true)
  expect(await passwords.matches('Correct horse', stored)).toBe(false)
  expect(await passwords.matches('anything', undefined)).toBe(false)
})

test('never matches by the first 72 bytes alone', async () => {
  const stored = await passwords.hash('x'.repeat(72))

  expect(await passwords.matches('x'.repeat(72), stored)).toBe(true)
  expect(await passwords.matches('x'.repeat(73), stored)).toBe(false)
})

test('tells a hash that has become too cheap', async () => {
  const stored = await passwords.hash('correct horse')

  expect(passwords.isOutdated(stored)).toBe(false)
  expect(createPasswords({ cost: 5 }).isOutdated(stored)).toBe(true)
  expect(createPasswords({ cost: 12 }).isOutdated('$2b$12$rest')).toBe(false)
})

test('refuses a cheap hash no sooner than a dear one', async () => {
  const dear = createPasswords({ cost: 11 })
  const [cheapHash, dearHash] = [await passwords.hash('right'), await dear.hash('right')]
  const timeOf = async (hash: string | undefined) => {
    const started = performance.now()
    await dear.matches('wrong', hash)
    return performance.now() - started
  }
  await timeOf(undefined)

  const times = {
    cheap: await timeOf(cheapHash),
    dear: await timeOf(dearHash),
    none: await timeOf(undefined),
  }

  // At cost 4 alone it would take less than a hundredth.
  expect(times.cheap).toBeGreaterThan(times.dear / 10)
  expect(times.none).toBeGreaterThan(times.dear / 10)
})
