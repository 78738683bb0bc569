import { defineRoutes, noContent, pageQuery } from '../../lib/http/route.ts'
import {
  createInviteLink,
  inviteLinkPage,
  inviteLinkParams,
  joinParams,
  newInviteLink,
} from '../../lib/playlists/invite-schemas.ts'
import { playlist, playlistParams } from '../../lib/playlists/schemas.ts'

export const inviteRoutes = defineRoutes({
  createInviteLink: {
    method: 'POST',
    path: '/api/v1/playlists/{playlist_id}/invite-links',
    auth: 'user',
    policy: { permission: 'playlists.write', reach: 'own', limit: 'write', step_up: false },
    summary: 'Make a link by which others join a playlist of yours; its token is told this once',
    params: playlistParams,
    body: createInviteLink,
    status: 201,
    response: newInviteLink,
    problems: ['not_found', 'too_many_invite_links'],
  },
  listInviteLinks: {
    method: 'GET',
    path: '/api/v1/playlists/{playlist_id}/invite-links',
    auth: 'user',
    policy: { permission: 'playlists.read', reach: 'own', limit: 'read', step_up: false },
    summary: 'List the invite links of a playlist of yours, newest first',
    params: playlistParams,
    query: pageQuery,
    status: 200,
    response: inviteLinkPage,
    problems: ['not_found', 'invalid_request'],
  },
  revokeInviteLink: {
    method: 'DELETE',
    path: '/api/v1/playlists/{playlist_id}/invite-links/{link_id}',
    auth: 'user',
    policy: { permission: 'playlists.write', reach: 'own', limit: 'write', step_up: false },
    summary: 'Revoke an invite link; whoever joined by it stays',
    params: inviteLinkParams,
    status: 204,
    response: noContent,
    problems: ['not_found'],
  },
  joinPlaylist: {
    method: 'POST',
    path: '/api/v1/playlists/join/{token}',
    auth: 'user',
    policy: { permission: 'playlists.write', reach: 'any', limit: 'write', step_up: false },
    summary: 'Join a playlist by the token of an invite link',
    params: joinParams,
    status: 200,
    response: playlist,
    problems: ['not_found', 'too_many_collaborators'],
  },
})
