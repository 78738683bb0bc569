import type { Routes } from '../lib/http/route.ts'
import { adminRoutes } from './admin/routes.ts'
import { analyticsRoutes } from './analytics/routes.ts'
import { authRoutes } from './auth/routes.ts'
import { chatRoutes } from './chat/routes.ts'
import { internalRoutes } from './internal/routes.ts'
import { marketplaceRoutes } from './marketplace/routes.ts'
import { playlistRoutes } from './playlists/routes.ts'
import { socialRoutes } from './social/routes.ts'
import { systemRoutes } from './system/routes.ts'
import { allTrackRoutes } from './tracks/all-routes.ts'
import { userRoutes } from './users/routes.ts'
import { webhookRoutes } from './webhooks/routes.ts'

/** Every route of the API, by the Lambda that serves it. The key is the folder under functions/. */
export const routeGroups = {
  auth: authRoutes,
  users: userRoutes,
  tracks: allTrackRoutes,
  playlists: playlistRoutes,
  social: socialRoutes,
  marketplace: marketplaceRoutes,
  analytics: analyticsRoutes,
  webhooks: webhookRoutes,
  chat: chatRoutes,
  admin: adminRoutes,
  internal: internalRoutes,
  system: systemRoutes,
} satisfies Record<string, Routes>
