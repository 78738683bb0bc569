import { defineRoutes, noContent } from '../../lib/http/route.ts'
import { playlistParams } from '../../lib/playlists/schemas.ts'

export const reactionRoutes = defineRoutes({
  likePlaylist: {
    method: 'PUT',
    path: '/api/v1/playlists/{playlist_id}/like',
    auth: 'user',
    policy: { permission: 'playlists.write', reach: 'visible', limit: 'like', step_up: false },
    summary: 'Like a playlist',
    params: playlistParams,
    status: 204,
    response: noContent,
    problems: ['not_found'],
  },
  unlikePlaylist: {
    method: 'DELETE',
    path: '/api/v1/playlists/{playlist_id}/like',
    auth: 'user',
    policy: { permission: 'playlists.write', reach: 'visible', limit: 'like', step_up: false },
    summary: 'Like a playlist no longer',
    params: playlistParams,
    status: 204,
    response: noContent,
    problems: ['not_found'],
  },
  followPlaylist: {
    method: 'PUT',
    path: '/api/v1/playlists/{playlist_id}/follow',
    auth: 'user',
    policy: { permission: 'playlists.write', reach: 'visible', limit: 'follow', step_up: false },
    summary: 'Follow a playlist of somebody else, so that it stands among yours',
    params: playlistParams,
    status: 204,
    response: noContent,
    problems: ['not_found', 'conflict'],
  },
  unfollowPlaylist: {
    method: 'DELETE',
    path: '/api/v1/playlists/{playlist_id}/follow',
    auth: 'user',
    policy: { permission: 'playlists.write', reach: 'visible', limit: 'follow', step_up: false },
    summary: 'Follow a playlist no longer',
    params: playlistParams,
    status: 204,
    response: noContent,
    problems: ['not_found'],
  },
})
