import type { SecondStep } from '../../lib/auth/second-step.ts'
import type { TwoFactorService } from '../../lib/factors/two-factor.ts'
import type { Handlers } from '../../lib/http/route.ts'
import { readDevice } from './device.ts'
import type { factorRoutes } from './factor-routes.ts'
import { replySession } from './session-reply.ts'

export interface FactorServices {
  readonly twoFactor: TwoFactorService
  readonly secondStep: SecondStep
}

export function createFactorHandlers({
  twoFactor,
  secondStep,
}: FactorServices): Handlers<typeof factorRoutes> {
  return {
    getTwoFactor: ({ actor }) => twoFactor.status(actor),
    setUpTwoFactor: ({ actor, ...origin }) => twoFactor.setUp(actor, origin),
    enableTwoFactor: async ({ body, actor, ...origin }) => ({
      recovery_codes: await twoFactor.enable(body.code, actor, origin),
    }),
    disableTwoFactor: async ({ body, actor, ...origin }) => {
      await twoFactor.disable(body, actor, origin)
      return undefined
    },
    replaceRecoveryCodes: async ({ body, actor, ...origin }) => ({
      recovery_codes: await twoFactor.replaceRecoveryCodes(body.code, actor, origin),
    }),
    answerTwoFactor: async ({ body, ...request }) =>
      replySession(await secondStep.answer(body, readDevice(request), request)),
  }
}
