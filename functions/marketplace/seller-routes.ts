import * as z from 'zod/mini'
import { defineRoutes } from '../../lib/http/route.ts'
import { onboardingLink, seller, updateSeller } from '../../lib/sellers/schemas.ts'

// Whoever has a share in what somebody else sells earns too, and need not be a creator.
const read = { permission: 'market.buy', reach: 'own', limit: 'read', step_up: false } as const
const write = { permission: 'market.buy', reach: 'own', limit: 'write', step_up: false } as const

export const sellerRoutes = defineRoutes({
  getSeller: {
    method: 'GET',
    path: '/api/v1/marketplace/seller',
    auth: 'user',
    policy: read,
    summary: 'Read how your account for earnings stands, what Stripe still wants to know, and your fee',
    status: 200,
    response: seller,
    problems: [],
  },
  updateSeller: {
    method: 'PATCH',
    path: '/api/v1/marketplace/seller',
    auth: 'user',
    policy: write,
    summary: 'Say under what name and address your contracts and invoices are made out',
    body: updateSeller,
    status: 200,
    response: seller,
    problems: ['conflict', 'precondition_failed'],
  },
  startOnboarding: {
    method: 'POST',
    path: '/api/v1/marketplace/seller/onboarding',
    auth: 'user',
    policy: write,
    summary: 'Get a link to where Stripe asks who you are and where your money goes',
    body: z.optional(updateSeller),
    status: 200,
    response: onboardingLink,
    problems: ['conflict', 'unavailable'],
  },
})
