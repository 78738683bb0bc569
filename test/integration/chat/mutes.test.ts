import { adminRoutes } from '../../../functions/admin/routes.ts'
import { chatRoutes } from '../../../functions/chat/routes.ts'
import { deleteExpiredMutes } from '../../../lib/chat/expiry.ts'
import { personalData } from '../../../lib/exports/personal-data.ts'
import { buryDueAccount } from '../../../lib/users/deletion.ts'
import { createAccountsApi, createClock } from '../../support/accounts.ts'
import { signInAs } from '../../support/admins.ts'
import { useDatabase } from '../../support/database.ts'
import { createRevocationReader } from '../../support/revocations.ts'

const { sql } = useDatabase()
const clock = createClock(new Date('2026-03-01T12:00:00Z'))
const api = createAccountsApi(sql, clock)
const { poll } = createRevocationReader(sql, clock.now)
const inAnHour = () => new Date(clock.now().getTime() + 3_600_000).toISOString()

const ask = (token: string) => api.request(chatRoutes.issueChatToken, { token })
const mute = (by: { token: string }, user_id: string, body: object = { reason: 'Shouting' }) =>
  api.request(adminRoutes.muteInChat, { token: by.token, params: { user_id }, body })
const unmute = (by: { token: string }, user_id: string) =>
  api.request(adminRoutes.unmuteInChat, { token: by.token, params: { user_id } })
const trailOf = (userId: string) => sql`
  select action, actor_id, session_id, details from audit_events
  where user_id = ${userId} and action like 'chat.%' order by id
`

type Person = Awaited<ReturnType<typeof signInAs>>
let moderator: Person
beforeEach(async () => {
  moderator = await signInAs(sql, api, 'moderator')
})

describe('a mute', () => {
  test('keeps the user out, says why and until when, and is pushed to the chat server', async () => {
    const person = await api.signIn()
    const until = inAnHour()

    expect(await mute(moderator, person.id, { reason: 'Shouting', until })).toMatchObject({ status: 204 })

    expect(await ask(person.access_token)).toMatchObject({
      status: 403,
      problem: { code: 'chat_muted', detail: 'Shouting', until },
    })
    const told = (await poll()).data.filter(({ user_id }) => user_id === person.id)
    expect(told).toMatchObject([
      { kind: 'chat_mute', reason: 'chat_muted', revoked_at: clock.now().toISOString(), session_id: null },
    ])
    expect(await trailOf(person.id)).toMatchObject([
      {
        action: 'chat.muted',
        actor_id: moderator.id,
        session_id: moderator.session_id,
        details: { reason: 'Shouting', until },
      },
    ])
  })

  test('is seen by admins for as long as it lasts', async () => {
    const person = await api.signIn()
    const { token } = await signInAs(sql, api, 'admin')
    const until = inAnHour()
    const seen = async (by: string) =>
      (await api.request(adminRoutes.listAllUsers, { token: by, query: { q: person.username } })).body.data[0]
    const none = { chat_muted_at: null, chat_muted_until: null, chat_mute_reason: null }
    expect(await seen(token)).toMatchObject(none)

    await mute(moderator, person.id, { reason: 'Shouting', until })

    const chat_muted_at = clock.now().toISOString()
    expect(await seen(token)).toMatchObject({
      chat_muted_at,
      chat_muted_until: until,
      chat_mute_reason: 'Shouting',
    })
    clock.advance(3_600)
    expect(await seen((await signInAs(sql, api, 'admin')).token)).toMatchObject(none)
  })

  test('leaves everything else open to the user', async () => {
    const person = await api.signIn()
    await mute(moderator, person.id)
    const [user] = await sql`select token_version, suspended_at from users where id = ${person.id}`
    expect(user).toEqual({ token_version: 1, suspended_at: null })
  })

  test('is over at its end, and then is swept', async () => {
    const person = await api.signIn()
    await mute(moderator, person.id, { reason: 'Shouting', until: inAnHour() })
    clock.advance(3_600)
    const again = (await api.login(person.username)).body
    expect((await ask(again.access_token)).status).toBe(200)
    expect(await deleteExpiredMutes(sql, clock.now())).toBeGreaterThan(0)
    expect(await sql`select from chat_mutes where user_id = ${person.id}`).toEqual([])
  })

  test('that is over is not lifted', async () => {
    const person = await api.signIn()
    await mute(moderator, person.id, { reason: 'Shouting', until: inAnHour() })
    clock.advance(3_600)
    const again = await signInAs(sql, api, 'moderator')
    expect(await unmute(again, person.id)).toMatchObject({ status: 204 })
    expect(await trailOf(person.id)).toHaveLength(1)
  })

  test('without an end stays until it is lifted, once', async () => {
    const person = await api.signIn()
    await mute(moderator, person.id)
    const { problem } = await ask(person.access_token)
    expect(problem).toMatchObject({ code: 'chat_muted' })
    expect(problem).not.toHaveProperty('until')

    expect((await unmute(moderator, person.id)).status).toBe(204)
    expect((await unmute(moderator, person.id)).status).toBe(204)

    expect((await ask(person.access_token)).status).toBe(200)
    expect((await trailOf(person.id)).map(({ action }) => action)).toEqual(['chat.muted', 'chat.unmuted'])
  })

  test('given anew has the last word', async () => {
    const person = await api.signIn()
    await mute(moderator, person.id, { reason: 'Shouting', until: inAnHour() })
    await mute(moderator, person.id, { reason: 'Threats' })
    expect((await ask(person.access_token)).problem).toMatchObject({ detail: 'Threats' })
    const told = (await poll()).data.filter(({ user_id }) => user_id === person.id)
    expect(told).toHaveLength(2)
  })

  test('by many at once is one', async () => {
    const person = await api.signIn()
    const answers = await Promise.all(
      [1, 2, 3, 4].map((n) => mute(moderator, person.id, { reason: `By ${n}` })),
    )
    expect(answers.map(({ status }) => status)).toEqual([204, 204, 204, 204])
    expect(await sql`select from chat_mutes where user_id = ${person.id}`).toHaveLength(1)
  })

  test.each(['user', 'creator'] as const)('is not for a %s to give or lift', async (role) => {
    const by = await signInAs(sql, api, role)
    const { id } = await api.join()
    expect(await mute(by, id)).toMatchObject({ status: 403, problem: { code: 'forbidden' } })
    expect(await unmute(by, id)).toMatchObject({ status: 403 })
  })

  test('of a moderator or an admin is for admins', async () => {
    const admin = await signInAs(sql, api, 'admin')
    const other = await signInAs(sql, api, 'moderator')
    expect(await mute(moderator, other.id)).toMatchObject({ status: 403, problem: { code: 'forbidden' } })
    expect(await mute(moderator, admin.id)).toMatchObject({ status: 403 })
    expect(await mute(admin, other.id)).toMatchObject({ status: 204 })
    expect(await unmute(moderator, other.id)).toMatchObject({ status: 403 })
    expect(await unmute(admin, other.id)).toMatchObject({ status: 204 })
  })

  test('of oneself, of nobody and of who is gone is refused', async () => {
    expect(await mute(moderator, moderator.id)).toMatchObject({ problem: { code: 'own_account' } })
    const nobody = '0199f0f0-0000-7000-8000-000000000001'
    expect(await mute(moderator, nobody)).toMatchObject({ problem: { code: 'not_found' } })
    expect(await unmute(moderator, nobody)).toMatchObject({ problem: { code: 'not_found' } })
    const { id } = await api.join()
    await sql`update users set deleted_at = now() where id = ${id}`
    expect(await mute(moderator, id)).toMatchObject({ problem: { code: 'not_found' } })
  })

  test.each([
    { name: 'no reason', body: {} },
    { name: 'an empty reason', body: { reason: '  ' } },
    { name: 'a reason that shows nothing', body: { reason: '\u200b\u200b' } },
    { name: 'a reason of 501 characters', body: { reason: 'x'.repeat(501) } },
    { name: 'a reason of marks', body: { reason: `a${'\u0301'.repeat(2_000)}` } },
    { name: 'a reason that turns the text', body: { reason: 'a\u202eb' } },
    { name: 'an end that is no time', body: { reason: 'Spam', until: 'tomorrow' } },
    { name: 'an end that is past', body: { reason: 'Spam', until: '2020-01-01T00:00:00Z' } },
    { name: 'a field that there is not', body: { reason: 'Spam', role: 'admin' } },
  ])('with $name is refused', async ({ body }) => {
    const { id } = await api.join()
    expect(await mute(moderator, id, body)).toMatchObject({ status: 422 })
    expect(await sql`select from chat_mutes where user_id = ${id}`).toEqual([])
  })

  test.each(['😀 stop', 'שלום', 'ok'])('may have the reason %j', async (reason) => {
    const person = await api.signIn()
    expect(await mute(moderator, person.id, { reason })).toMatchObject({ status: 204 })
    expect((await ask(person.access_token)).problem.detail).toBe(reason)
  })

  test('is in the export of the user, and goes with the account', async () => {
    const { id } = await api.join()
    await mute(moderator, id)
    const place = { user_id: id, after: '00000000-0000-0000-0000-000000000000', limit: 10 }
    expect(await personalData['chat-mute.json']!(sql, place)).toMatchObject([{ reason: 'Shouting' }])
    expect(await personalData['revocations.json']!(sql, place)).toMatchObject([{ kind: 'chat_mute' }])

    await sql`update users set deletes_at = ${clock.now()} where id = ${id}`
    expect(await buryDueAccount(sql, clock.now())).toBe(1)

    expect(await sql`select from chat_mutes where user_id = ${id}`).toEqual([])
  })
})
