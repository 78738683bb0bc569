import { randomUUID } from 'node:crypto'
import { authRoutes } from '../../../functions/auth/routes.ts'
import { createPostgresCache } from '../../../lib/cache/postgres-cache.ts'
import { createThrottle } from '../../../lib/throttle/throttle.ts'
import { createAccountsApi, createClock, password } from '../../support/accounts.ts'
import { useDatabase } from '../../support/database.ts'

const { sql } = useDatabase()
const clock = createClock()
const { now } = clock
const throttle = createThrottle({ sql, cache: createPostgresCache({ sql, now }), now })
const api = createAccountsApi(sql, clock, { throttle })
const { request, postbox } = api

let people = 0
const newName = () => `flood_${++people}_${randomUUID().slice(0, 8)}`
const register = (email: string) =>
  request(authRoutes.register, { body: { email, username: newName(), password } })

test('registrations of an address that has an account mail its owner once a minute, five times in half an hour', async () => {
  const { email } = await api.join()
  const before = (await postbox.mailsTo(email)).length
  const mailed = async () => (await postbox.mailsTo(email)).length - before

  const answers = await Promise.all([register(email), register(email), register(email)])
  expect(await mailed()).toBe(1)
  for (let minute = 1; minute < 10; minute++) {
    clock.advance(60)
    answers.push(await register(email))
  }

  expect(await mailed()).toBe(5)
  expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1)
})

test('an address that was registered again and again in vain is mailed its link once it is free', async () => {
  const { email, id } = await api.join()
  await register(email)
  await register(email)
  await sql`update users set email = ${`moved.${email}`} where id = ${id}`

  await register(email)

  expect((await postbox.mailsTo(email)).at(-1)?.text).toContain('/verify-email?token=')
})

test('whoever moves to the address of another mails them once a minute, from however many accounts', async () => {
  const victim = await api.join()
  const thieves = [await api.signIn(), await api.signIn(), await api.signIn()]
  const before = (await postbox.mailsTo(victim.email)).length
  const move = ({ access_token: token }: { access_token: string }, new_email: string) =>
    request(authRoutes.changeEmail, { token, body: { new_email, password } })

  const answers = [await move(thieves[0]!, `fresh.${victim.email}`)]
  clock.advance(1)
  for (const thief of [...thieves, ...thieves]) answers.push(await move(thief, victim.email))

  expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1)
  expect((await postbox.mailsTo(victim.email)).length - before).toBe(1)
})

test('one account has five addresses mailed in half an hour, for a mailbox may have any number of them', async () => {
  const { access_token: token, email } = await api.signIn()
  const move = (tag: number) =>
    request(authRoutes.changeEmail, { token, body: { new_email: `victim+${tag}.${email}`, password } })

  const statuses = []
  for (let tag = 0; tag < 6; tag++) statuses.push((await move(tag)).status)
  const refused = await move(7)

  expect(statuses).toEqual([202, 202, 202, 202, 202, 429])
  expect(refused.problem.code).toBe('rate_limited')
  expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(1_800)
  expect(await postbox.mailsTo(`victim+5.${email}`)).toEqual([])
})
