# syntax=docker/dockerfile:1
# Interlock in an image: `docker build -t interlock .`, then `docker run interlock --help`, or compose.yaml for all of it.

# The Node that package.json pins for everybody else.
ARG NODE_VERSION=24.21.0

FROM node:${NODE_VERSION}-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json ./
# Nothing here needs an install script: those of ssh2 and msgpackr only build optional native code. Optional are that code
# and the demo's Slack workspace, which is larger than all the rest together.
RUN npm install --no-save --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund

FROM node:${NODE_VERSION}-bookworm-slim
# git reads and moves the source repository. SSH is spoken in process: there is no SSH client, and no agent to reach.
RUN apt-get update \
  && apt-get install -y --no-install-recommends git \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY --from=packages /app/node_modules ./node_modules
COPY package.json ./
COPY commands ./commands
COPY jobs ./jobs
COPY src ./src
COPY examples ./examples
# A volume that is mounted here for the first time takes this owner and mode.
RUN install -d -o node -g node -m 0700 /data
ENV NODE_ENV=production INTERLOCK_DATA=/data
USER node
ENTRYPOINT ["node", "src/cli.ts"]
CMD ["--help"]
