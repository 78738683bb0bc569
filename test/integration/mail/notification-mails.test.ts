import { randomUUID } from 'node:crypto'
import { notificationRoutes } from '../../../functions/social/notification-routes.ts'
import type { Actor } from '../../../lib/auth/actor.ts'
import { call } from '../../support/api.ts'
import { useDatabase } from '../../support/database.ts'
import { createMailroom } from '../../support/mailroom.ts'
import { addPublicTrack } from '../../support/people.ts'
import { seedActor } from '../../support/tracks.ts'

const { sql } = useDatabase()
const mailroom = createMailroom(sql)
const { tell, digestsAfter, takeSent, handler, clock } = mailroom
const addressOf = ({ username }: { username: string }) => `${username}@example.test`
const choose = (actor: Actor, body: object) =>
  call(handler, notificationRoutes.updateNotificationPreferences, { actor, body })
const list = async (actor: Actor) =>
  (await call(handler, notificationRoutes.listNotifications, { actor })).body.data
const readAll = (actor: Actor) =>
  call(handler, notificationRoutes.markNotificationsRead, { actor, body: { all: true } })

async function setUp() {
  const [ada, ben, cleo] = [await seedActor(sql), await seedActor(sql), await seedActor(sql)]
  const track_id = await addPublicTrack(sql, ada.id)
  const comment = async (by: Actor) => {
    const id = randomUUID()
    await sql`
      insert into comments (id, track_id, artist_id, author_id, body, is_counted)
      values (${id}, ${track_id}, ${ada.id}, ${by.id}, 'Lovely', true)
    `
    await tell({ kind: 'comment', recipient_id: ada.id, actor_id: by.id, track_id, comment_id: id })
    return id
  }
  return { ada, ben, cleo, track_id, comment }
}

describe('what waits for an answer', () => {
  test('is mailed at once, once, with a way to get no more of the kind', async () => {
    const { ada, ben, track_id } = await setUp()
    const happening = { kind: 'split_change', recipient_id: ben.id, actor_id: ada.id, track_id } as const
    await tell(happening)

    const [mail, ...others] = takeSent()
    expect(others).toEqual([])
    expect(mail).toMatchObject({
      to: addressOf(ben),
      subject: `${ada.username} proposed how to share what "Low Tide" earns`,
      headers: {
        'List-Unsubscribe': expect.stringMatching(
          /^<https:\/\/api\.veza\.example\/api\/v1\/notifications\/unsubscribe\?token=[\w-]+>$/,
        ),
        'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
      },
    })
    expect(mail!.text).toContain('https://veza.example/unsubscribe?token=')
    expect(mail!.html).toContain('https://veza.example/unsubscribe?token=')
    expect(mail!.html).not.toMatch(/<(img|link|script|iframe)\b|url\(/)
  })

  test('is not mailed to who does not want that, has read it, has no verified address, or is gone', async () => {
    const { ada, ben, cleo, track_id } = await setUp()
    const dora = await seedActor(sql)
    await choose(ben, { split_change: { email: false } })
    await sql`update users set email_verified_at = null where id = ${cleo.id}`
    await sql`update users set deletes_at = now() where id = ${dora.id}`
    for (const { id } of [ben, cleo, dora]) {
      await tell({ kind: 'split_change', recipient_id: id, actor_id: ada.id, track_id })
    }

    expect(takeSent()).toEqual([])
    expect(await list(ben)).toHaveLength(1)
  })

  test('is not mailed of a track that is hidden from the reader by the time the letter is written', async () => {
    const { ada, ben, track_id } = await setUp()
    await sql`update tracks set visibility = 'private' where id = ${track_id}`
    await tell({ kind: 'split_change', recipient_id: ben.id, actor_id: ada.id, track_id })

    expect(takeSent()).toEqual([])
  })

  test('is told to who wants mail alone, and stands in no list', async () => {
    const { ada, ben, track_id } = await setUp()
    await choose(ben, { split_change: { in_app: false } })
    const happening = { kind: 'split_change', recipient_id: ben.id, actor_id: ada.id, track_id } as const
    await tell(happening)
    await tell(happening)

    expect(takeSent()).toHaveLength(2)
    expect(await list(ben)).toEqual([])
  })
})

describe('what can wait', () => {
  test('is gathered for a quarter of an hour, and told once', async () => {
    const { ada, ben, cleo, comment } = await setUp()
    await comment(ben)
    expect(await digestsAfter(10)).toEqual([])
    await comment(cleo)
    await tell({ kind: 'follow', recipient_id: ada.id, actor_id: cleo.id })

    const [mail, ...others] = await digestsAfter(5)
    expect(others).toEqual([])
    expect(mail).toMatchObject({
      to: addressOf(ada),
      headers: { 'List-Unsubscribe-Post': expect.any(String) },
    })
    expect(mail!.text).toContain(`${cleo.username} and ${ben.username} commented on your track "Low Tide".`)
    // Nobody has asked to be mailed of followers.
    expect(mail!.text).not.toContain('followed you')
    expect(await digestsAfter(24 * 60)).toEqual([])
  })

  test('goes out no sooner than four hours after the digest before', async () => {
    const { ben, cleo, comment } = await setUp()
    await comment(ben)
    expect(await digestsAfter(15)).toHaveLength(1)
    await comment(cleo)

    expect(await digestsAfter(3 * 60)).toEqual([])
    expect(await digestsAfter(60)).toHaveLength(1)
  })

  test('is not told of what was read meanwhile', async () => {
    const { ada, ben, comment } = await setUp()
    await comment(ben)
    await readAll(ada)

    expect(await digestsAfter(15)).toEqual([])
  })

  test.each([
    {
      name: 'whom the reader has blocked since',
      hide: async ({ ada, ben }: Scene) => {
        await sql`insert into blocks (blocker_id, blocked_id) values (${ada.id}, ${ben.id})`
      },
    },
    {
      name: 'whom the reader has muted since',
      hide: async ({ ada, ben }: Scene) => {
        await sql`insert into mutes (muter_id, muted_id) values (${ada.id}, ${ben.id})`
      },
    },
    {
      name: 'whose comment was taken away since',
      hide: async ({ comment_id }: Scene) => {
        await sql`update comments set deleted_at = now(), body = '', is_counted = false where id = ${comment_id}`
      },
    },
    {
      name: 'on a track that is gone since',
      hide: async ({ track_id }: Scene) => {
        await sql`update tracks set deleted_at = now() where id = ${track_id}`
      },
    },
    {
      name: 'of a kind that is not wanted since',
      hide: async ({ ada }: Scene) => {
        await choose(ada, { comment: { email: false } })
      },
    },
  ])('says nothing of somebody $name', async ({ hide }) => {
    const scene = await setUp()
    const comment_id = await scene.comment(scene.ben)
    await hide({ ...scene, comment_id })

    expect(await digestsAfter(15)).toEqual([])
  })

  test('is told of the kinds that the reader asks for', async () => {
    const { ada, ben } = await setUp()
    await choose(ada, { follow: { email: true, in_app: false } })
    await tell({ kind: 'follow', recipient_id: ada.id, actor_id: ben.id })

    expect(await list(ada)).toEqual([])
    const [mail] = await digestsAfter(15)
    expect(mail!.subject).toBe(`${ben.username} followed you`)
  })

  test('is told once however many runs there are at a time', async () => {
    const { ben, comment } = await setUp()
    await comment(ben)
    clock.advance(15 * 60)

    const mails = await Promise.all([digestsAfter(0), digestsAfter(0), digestsAfter(0)])

    expect(mails.flat()).toHaveLength(1)
  })
})

interface Scene extends Awaited<ReturnType<typeof setUp>> {
  readonly comment_id: string
}
