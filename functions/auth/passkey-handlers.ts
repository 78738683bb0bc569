import type { PasskeyLoginService } from '../../lib/auth/passkey-login.ts'
import type { PasskeyService } from '../../lib/factors/passkeys.ts'
import type { Handlers } from '../../lib/http/route.ts'
import { readDevice } from './device.ts'
import type { passkeyRoutes } from './passkey-routes.ts'
import { replySession } from './session-reply.ts'

export interface PasskeyServices {
  readonly passkeys: PasskeyService
  readonly passkeyLogins: PasskeyLoginService
}

export function createPasskeyHandlers({
  passkeys,
  passkeyLogins,
}: PasskeyServices): Handlers<typeof passkeyRoutes> {
  return {
    getPasskeyOptions: ({ actor }) => passkeys.options(actor),
    addPasskey: ({ body, actor, ...origin }) => passkeys.add(body, actor, origin),
    listPasskeys: ({ actor, query }) => passkeys.list(actor, query),
    renamePasskey: ({ params, body, actor, ...origin }) =>
      passkeys.rename(params.passkey_id, body.name, actor, origin),
    removePasskey: async ({ params, actor, ...origin }) => {
      await passkeys.remove(params.passkey_id, actor, origin)
      return undefined
    },
    getPasskeyLoginOptions: ({ body }) => passkeyLogins.options(body.mfa_token),
    loginWithPasskey: async ({ body, ...request }) =>
      replySession(await passkeyLogins.login(body, readDevice(request), request)),
  }
}
