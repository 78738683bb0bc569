/** What comes to pass outside the marketplace. */
export const contentPublicEvents = [] as const
