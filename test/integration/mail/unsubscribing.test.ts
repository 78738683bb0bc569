import { notificationRoutes } from '../../../functions/social/notification-routes.ts'
import type { Actor } from '../../../lib/auth/actor.ts'
import { gatheredKinds } from '../../../lib/notifications/mail-ways.ts'
import { issueUnsubscribeToken } from '../../../lib/notifications/unsubscribe-tokens.ts'
import { call } from '../../support/api.ts'
import { useDatabase } from '../../support/database.ts'
import { createMailroom } from '../../support/mailroom.ts'
import { seedActor } from '../../support/tracks.ts'

const { sql } = useDatabase()
const { handler } = createMailroom(sql)
const oneClick = 'List-Unsubscribe=One-Click'
const form = 'application/x-www-form-urlencoded'
const post = (token: string, rawBody: string | Uint8Array = oneClick, type = form) =>
  call(handler, notificationRoutes.unsubscribeFromMails, {
    query: { token },
    rawBody,
    headers: { 'content-type': type },
  })
const preferences = (actor: Actor) => call(handler, notificationRoutes.getNotificationPreferences, { actor })

test('a stranger who posts the form of a mail ends its kind, and no other; again, that changes nothing', async () => {
  const ada = await seedActor(sql)
  const before = (await preferences(ada)).body
  const token = await issueUnsubscribeToken(sql, ada.id, 'offer')

  const answers = [await post(token), await post(token, Buffer.from(oneClick))]

  expect(answers.map(({ status, body, headers }) => [status, body, headers.location])).toEqual(
    answers.map(() => [200, { kinds: ['offer'] }, undefined]),
  )
  const after = await preferences(ada)
  expect(after.body).toEqual({ ...before, offer: { in_app: true, email: false } })
  expect(after.headers.etag).toBe('"1"')
})

test('that of a digest ends all that comes in digests', async () => {
  const ada = await seedActor(sql)

  expect((await post(await issueUnsubscribeToken(sql, ada.id, 'digest'))).body.kinds).toEqual(gatheredKinds)

  const { body } = await preferences(ada)
  expect(gatheredKinds.filter((kind) => body[kind].email)).toEqual([])
  expect(body).toMatchObject({
    offer: { email: true },
    split_change: { email: true },
    comment: { in_app: true },
  })
})

test('a link stays good: the key of a user is made once', async () => {
  const ada = await seedActor(sql)
  const tokens = await Promise.all(
    Array.from({ length: 8 }, () => issueUnsubscribeToken(sql, ada.id, 'sale')),
  )

  expect(new Set(tokens).size).toBe(1)
})

test('multipart forms are taken as well', async () => {
  const ada = await seedActor(sql)
  const token = await issueUnsubscribeToken(sql, ada.id, 'sale')
  const body = `--x1\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x1--\r\n`

  expect((await post(token, body, 'multipart/form-data; boundary=x1')).status).toBe(200)
})

test.each([
  { name: 'nothing', body: '' },
  { name: 'another value', body: 'List-Unsubscribe=Twice' },
  { name: 'JSON', body: '{"List-Unsubscribe":"One-Click"}' },
  {
    name: 'a multipart form of something else',
    body: '--x1\r\n\r\nOne-Click\r\n--x1--',
    type: 'multipart/form-data; boundary=x1',
  },
])('$name in the body ends nothing', async ({ body, type = form }) => {
  const ada = await seedActor(sql)
  const before = (await preferences(ada)).body

  const answer = await post(await issueUnsubscribeToken(sql, ada.id, 'offer'), body, type)

  expect(answer).toMatchObject({ status: 422, problem: { code: 'validation_failed' } })
  expect((await preferences(ada)).body).toEqual(before)
})

test('a token that was not issued so is refused, whoever it names', async () => {
  const [ada, ben] = [await seedActor(sql), await seedActor(sql)]
  const token = Buffer.from(await issueUnsubscribeToken(sql, ada.id, 'offer'), 'base64url')
  await issueUnsubscribeToken(sql, ben.id, 'offer')
  const other = Buffer.from(token)
  Buffer.from(ben.id.replaceAll('-', ''), 'hex').copy(other, 32)
  const wider = Buffer.concat([token.subarray(0, 48), Buffer.from('digest')])
  const nobody = Buffer.from(token)
  nobody.fill(7, 32, 48)
  const tokens = [other, wider, nobody, token.subarray(0, 48), token.subarray(1), Buffer.alloc(60)].map(
    (bytes) => bytes.toString('base64url'),
  )
  const texts = [...tokens, `${token.toString('base64url')}=`, 'x', '%00']

  const answers = await Promise.all(texts.map((text) => post(text)))

  const [first] = answers
  expect(answers.map(({ status, problem }) => [status, problem.code, problem.detail])).toEqual(
    texts.map(() => [400, 'invalid_token', first!.problem.detail]),
  )
  for (const person of [ada, ben]) expect((await preferences(person)).body.offer.email).toBe(true)
})
