#!/bin/sh
# /usr/local/bin/kabot: every kabot command as the shop's user, with the shop's configuration.
exec sudo -u kabot sh -c 'set -a; . /etc/kabot/kabot.env; set +a; exec /opt/kabot/.venv/bin/kabot "$@"' kabot "$@"
