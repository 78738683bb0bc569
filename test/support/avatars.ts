import { userRoutes } from '../../functions/users/routes.ts'
import { createAccountsApi, createClock } from './accounts.ts'
import type { TestClamd } from './clamd.ts'
import type { TestDatabase } from './database.ts'
import { composeImages, requestOf } from './images.ts'

/** Somebody signed in, and the way of their picture from the first request to the last worker. */
export function useAvatars({ sql }: Pick<TestDatabase, 'sql'>, clamav: Pick<TestClamd, 'socketPath'>) {
  return async () => {
    const clock = createClock()
    const api = createAccountsApi(sql, clock)
    const images = composeImages(sql, { ...api, socketPath: clamav.socketPath, now: clock.now })
    const { access_token: token, ...user } = await api.signIn()
    const ask = (bytes: Buffer, more: object = {}) =>
      api.request(userRoutes.requestAvatar, { token, body: { ...requestOf(bytes), ...more } })
    const follow = (grant: { upload_id: string }, more: object = {}) =>
      api.request(userRoutes.getAvatarUpload, {
        token,
        params: { avatar_upload_id: grant.upload_id },
        ...more,
      })
    return {
      ...images,
      clock,
      api,
      user,
      token,
      ask,
      follow,
      /** Where it came to, and why. */
      outcome: async (grant: { upload_id: string }) => {
        const { status, status_reason } = (await follow(grant)).body
        return [status, status_reason]
      },
      show: async (bytes: Buffer, more: object = {}) => {
        const { body: grant } = await ask(bytes, more)
        await images.pass(grant, bytes)
        return grant
      },
      remove: (headers = {}) => api.request(userRoutes.deleteAvatar, { token, headers }),
      read: (headers = {}) => api.request(userRoutes.getOwnUser, { token, headers }),
    }
  }
}
