import * as z from 'zod/mini'
import { opaqueToken } from '../sessions/schemas.ts'

export const disown = z.strictObject({ token: opaqueToken })
