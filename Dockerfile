# syntax=docker/dockerfile:1
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json tsconfig.json tsconfig.build.json ./
COPY scripts ./scripts
COPY src ./src
RUN npm ci && npm prune --omit=dev --ignore-scripts

FROM ${NODE_IMAGE} AS production
ENV NODE_ENV=production ETS_DATA_DIR=/app/data ETS_LOG_DIR=/app/logs
WORKDIR /app
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json LICENSE README.md ./
RUN groupadd --system ets && useradd --system --gid ets --home-dir /app --shell /usr/sbin/nologin ets \
  && mkdir -p /app/data /app/logs /app/config \
  && chown -R ets:ets /app/data /app/logs /app/config \
  && ln -s /app/dist/cli/main.js /usr/local/bin/ets \
  && for name in data_extraction backfill_data process_new_data train_model check_status performance_report; do \
       ln -s /app/dist/cli/main.js "/usr/local/bin/$name"; done
USER ets
VOLUME ["/app/data", "/app/logs"]
ENTRYPOINT ["ets"]
CMD ["demo"]
