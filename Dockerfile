# One image for all of production's processes; docker-compose.yml says which command each of them runs.
FROM python:3.13-slim

ENV PYTHONUNBUFFERED=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1

WORKDIR /srv/depot
COPY requirements/runtime.txt requirements/
RUN pip install -r requirements/runtime.txt

COPY . .
# The files for browsers are part of the image; the keys of this one step are thrown away with it.
RUN SECRET_KEY=$(head -c 48 /dev/urandom | base64) CREDENTIAL_KEY=$(head -c 48 /dev/urandom | base64) \
    python manage.py collectstatic --noinput -v 0 \
    && useradd --system --no-create-home depot \
    && mkdir /files \
    && chown -R depot var /files
USER depot
EXPOSE 8000 8001
