import { authRoutes } from '../../../functions/auth/routes.ts'
import { userRoutes } from '../../../functions/users/routes.ts'
import type { Route } from '../../../lib/http/route.ts'
import { createAccountsApi, createClock, password } from '../../support/accounts.ts'
import { useDatabase } from '../../support/database.ts'

const db = useDatabase()
const api = createAccountsApi(db.sql, createClock())

/** Marks in the order that takes longest to sort: as many as a quarter of a body may hold keep a processor busy for 4 s. */
const marks = `a${'\u0301'.repeat(50_000)}${'\u0316'.repeat(50_000)}`
const token = 'x'.repeat(43)

const open: readonly { name: string; route: Route; body: Record<string, string> }[] = [
  { name: 'the identifier of a sign-in', route: authRoutes.login, body: { identifier: marks, password } },
  {
    name: 'the password of a sign-in',
    route: authRoutes.login,
    body: { identifier: 'nova', password: marks },
  },
  {
    name: 'the address of a registration',
    route: authRoutes.register,
    body: { email: marks, username: 'nova_1', password },
  },
  {
    name: 'the password of a registration',
    route: authRoutes.register,
    body: { email: 'nova@example.test', username: 'nova_1', password: marks },
  },
  { name: 'the address of a forgotten password', route: authRoutes.forgotPassword, body: { email: marks } },
  { name: 'the address of a verification', route: authRoutes.resendVerification, body: { email: marks } },
  { name: 'the new password of a reset', route: authRoutes.resetPassword, body: { token, password: marks } },
]

const signedIn: typeof open = [
  { name: 'a line of a profile', route: userRoutes.updateOwnUser, body: { display_name: marks } },
  { name: 'a text of a profile', route: userRoutes.updateOwnUser, body: { bio: marks } },
  { name: 'the password of a step-up', route: authRoutes.stepUp, body: { password: marks } },
  {
    name: 'the new password',
    route: authRoutes.changePassword,
    body: { current_password: password, new_password: marks },
  },
  {
    name: 'the password of a new address',
    route: authRoutes.changeEmail,
    body: { new_email: 'n@example.test', password: marks },
  },
  {
    name: 'the password of a second factor',
    route: authRoutes.disableTwoFactor,
    body: { password: marks, code: '123456' },
  },
  { name: 'the password of a deletion', route: userRoutes.deleteOwnUser, body: { password: marks } },
]

test.each([...open, ...signedIn])(
  'refuses a flood of combining marks at once: $name',
  async ({ route, body }) => {
    const { access_token } = await api.signIn()

    const startedAt = performance.now()
    const answer = await api.request(route, { body, ...(route.auth === 'user' && { token: access_token }) })

    expect(performance.now() - startedAt).toBeLessThan(1_000)
    expect(answer).toMatchObject({ status: 422, problem: { code: 'validation_failed' } })
  },
)

test('takes a password of decomposed letters for that of composed ones', async () => {
  const { username } = await api.join()
  const [composed, decomposed] = ['pässwörter für úns', 'pässwörter für úns'.normalize('NFD')]
  const { access_token } = (await api.login(username)).body
  const body = { current_password: password, new_password: composed }
  await api.request(authRoutes.changePassword, { token: access_token, body })

  expect((await api.login(username, decomposed)).status).toBe(200)
})
