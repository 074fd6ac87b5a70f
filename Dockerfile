# syntax=docker/dockerfile:1
# The release that the suites run on; a newer one is taken here, by hand.
ARG NODE_IMAGE=node:24.21.0-bookworm-slim

# The user, and the names that commands have in the container.
FROM ${NODE_IMAGE} AS base
ENV ETS_DATA_DIR=/app/data ETS_LOG_DIR=/app/logs
WORKDIR /app
RUN groupadd --system --gid 10001 ets \
  && useradd --system --uid 10001 --gid ets --home-dir /app --shell /usr/sbin/nologin ets \
  && mkdir -p /app/data /app/logs /app/config \
  && chown -R ets:ets /app/data /app/logs /app/config \
  && for name in ets data_extraction backfill_data process_new_data train_model check_status performance_report; do \
       ln -s /app/dist/cli/main.js "/usr/local/bin/$name"; done

FROM base AS build
# Models name the commit that trained them.
ARG ETS_GIT_COMMIT
RUN chown ets:ets /app
USER ets
COPY --chown=ets:ets package.json package-lock.json ./
RUN npm ci --ignore-scripts --cache /tmp/npm && rm -rf /tmp/npm
COPY --chown=ets:ets tsconfig.json tsconfig.build.json ./
COPY --chown=ets:ets scripts/build.mjs scripts/
COPY --chown=ets:ets src src
RUN npm run build

# Carries the test suites: `docker exec ethereum-trading-system npm test`. Suites that need a tool that is not here skip.
FROM build AS dev
USER root
RUN apt-get update && apt-get install -y --no-install-recommends git openssl && rm -rf /var/lib/apt/lists/*
USER ets
COPY --chown=ets:ets . .
# Whoever owns the folders that are mounted may build and test.
RUN mkdir -p node_modules/.vite node_modules/.cache && chmod -R a+rwX dist node_modules/.vite node_modules/.cache
HEALTHCHECK --interval=30s --timeout=5s --start-period=120s --retries=3 CMD ["node", "/app/dist/cli/healthcheck.js", "--or-none"]
ENTRYPOINT ["ets"]
CMD ["demo"]

FROM build AS pruned
RUN npm prune --omit=dev --ignore-scripts

FROM base AS production
# Few arenas and a small young generation: the daemon at rest in under 150 MB, and no slower.
ENV NODE_ENV=production MALLOC_ARENA_MAX=2 NODE_OPTIONS=--max-semi-space-size=2
COPY --from=pruned /app/node_modules ./node_modules
COPY --from=pruned /app/dist ./dist
COPY package.json LICENSE README.md ./
USER ets
VOLUME ["/app/data", "/app/logs"]
# Ready, where it is the daemon that runs; compose files ask for that alone, and more often.
HEALTHCHECK --interval=30s --timeout=5s --start-period=120s --retries=3 CMD ["node", "/app/dist/cli/healthcheck.js", "--or-none"]
ENTRYPOINT ["ets"]
CMD ["demo"]
