/** The modern revision, pinned: no silent fall back to the old one. */
export const modernVersion = '2026-07-28'
