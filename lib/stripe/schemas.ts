import * as z from 'zod/mini'

export const received = z.object({ received: z.literal(true) })
