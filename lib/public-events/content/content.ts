import { commentEvents } from './comments.ts'
import { likeEvents } from './likes.ts'
import { peopleEvents } from './people.ts'
import { playlistEvents } from './playlists.ts'
import { trackEvents } from './tracks.ts'
import { uploadEvents } from './uploads.ts'

/** What comes to pass outside the marketplace. */
export const contentPublicEvents = [
  ...peopleEvents,
  ...trackEvents,
  ...uploadEvents,
  ...playlistEvents,
  ...commentEvents,
  ...likeEvents,
] as const
