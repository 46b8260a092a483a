// SPDX-License-Identifier: Apache-2.0
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/vapi/library"
	"github.com/vmware/govmomi/vapi/rest"
	"github.com/vmware/govmomi/vapi/tags"
	"github.com/vmware/govmomi/vapi/vcenter"
	"github.com/vmware/govmomi/vim25/soap"
)

var errNoRest = errors.New("the step rest-login must come first")

// restLogin opens a session of its own at /rest, as every client of tags and libraries does.
func (w *work) restLogin(ctx context.Context) (map[string]interface{}, error) {
	if w.client == nil {
		return nil, errNotLoggedIn
	}
	w.rest = rest.NewClient(w.client)
	if err := w.rest.Login(ctx, w.credentials); err != nil {
		return nil, err
	}
	session, err := w.rest.Session(ctx)
	if err == nil && session == nil {
		err = errors.New("the new session is not one")
	}
	return nil, err
}

func (w *work) restLogout(ctx context.Context) (map[string]interface{}, error) {
	if w.rest == nil {
		return nil, errNoRest
	}
	if err := w.rest.Logout(ctx); err != nil {
		return nil, err
	}
	session, err := w.rest.Session(ctx)
	if err == nil && session != nil {
		err = errors.New("the session lives on after its logout")
	}
	w.rest = nil
	return nil, err
}

// tags makes a category and a tag, attaches it to a machine, and finds it there by every kind of list.
func (w *work) tags(ctx context.Context) (map[string]interface{}, error) {
	if w.rest == nil || w.source == nil {
		return nil, errNoRest
	}
	manager := tags.NewManager(w.rest)
	category, err := manager.CreateCategory(ctx, &tags.Category{
		Name: w.name, Cardinality: "SINGLE", AssociableTypes: []string{"VirtualMachine"}})
	if err != nil {
		return nil, err
	}
	_, err = manager.CreateCategory(ctx, &tags.Category{Name: w.name, Cardinality: "SINGLE"})
	if err == nil {
		return nil, errors.New("a category could be made twice")
	}
	twice := err.Error()
	tag, err := manager.CreateTag(ctx, &tags.Tag{Name: w.name, CategoryID: category})
	if err != nil {
		return nil, err
	}
	if err := manager.AttachTag(ctx, tag, w.source); err != nil {
		return nil, err
	}
	attached, err := manager.ListAttachedTags(ctx, w.source)
	if err != nil {
		return nil, err
	}
	objects, err := manager.ListAttachedObjects(ctx, tag)
	if err != nil {
		return nil, err
	}
	if err := manager.DetachTag(ctx, tag, w.source); err != nil {
		return nil, err
	}
	ours := 0 // others may be at the same machine
	for _, one := range attached {
		if one == tag {
			ours++
		}
	}
	if ours != 1 || len(objects) != 1 {
		return nil, fmt.Errorf("one tag was attached to one machine; found are %d and %d", ours, len(objects))
	}
	if err := manager.DeleteTag(ctx, &tags.Tag{ID: tag}); err != nil {
		return nil, err
	}
	err = manager.DeleteCategory(ctx, &tags.Category{ID: category})
	return map[string]interface{}{"twice": twice}, err
}

// library makes a content library, pushes a file into it and reads it back.
func (w *work) library(ctx context.Context) (map[string]interface{}, error) {
	if w.rest == nil || w.datastore == nil {
		return nil, errNoRest
	}
	manager := library.NewManager(w.rest)
	id, err := manager.CreateLibrary(ctx, library.Library{Name: w.name, Type: "LOCAL",
		Storage: []library.StorageBackings{{DatastoreID: w.datastore.Reference().Value, Type: "DATASTORE"}}})
	if err != nil {
		return nil, err
	}
	item, err := manager.CreateLibraryItem(ctx, library.Item{Name: "disk", Type: "iso", LibraryID: id})
	if err != nil {
		return nil, err
	}
	size := w.options.fileMegabytes << 20
	sent := newDigesting(content(7, size))
	if err := w.push(ctx, manager, item, pushed{"disk.iso", sent, size}); err != nil {
		return nil, err
	}
	received, err := w.pull(ctx, manager, item)
	if err != nil {
		return nil, err
	}
	if received != sent.hex() {
		return nil, errors.New("the file came back from the library as another")
	}
	err = manager.DeleteLibrary(ctx, &library.Library{ID: id, Type: "LOCAL"})
	return map[string]interface{}{"bytes": size, "sha256": received}, err
}

// pushed is a file on its way into an item.
type pushed struct {
	name   string
	source io.Reader
	size   int64
}

// push sends the files of one item in one session: an item changes as a whole.
func (w *work) push(ctx context.Context, manager *library.Manager, item string, files ...pushed) error {
	session, err := manager.CreateLibraryItemUpdateSession(ctx, library.Session{LibraryItemID: item})
	if err != nil {
		return err
	}
	for _, one := range files {
		file, err := manager.AddLibraryItemFile(ctx, session,
			library.UpdateFile{Name: one.name, SourceType: "PUSH", Size: one.size})
		if err != nil {
			return err
		}
		place, err := url.Parse(file.UploadEndpoint.URI)
		if err != nil {
			return err
		}
		if own := w.client.URL().Host; place.Host != own {
			return fmt.Errorf("the file must be sent to %s, and this client knows %s", place.Host, own)
		}
		request := soap.DefaultUpload
		request.ContentLength = one.size
		if err := w.rest.Upload(ctx, one.source, place, &request); err != nil {
			return err
		}
	}
	return manager.CompleteLibraryItemUpdateSession(ctx, session)
}

// deployOvf makes a machine of an OVF in a content library: its disk was pushed there, and passes here once.
func (w *work) deployOvf(ctx context.Context) (map[string]interface{}, error) {
	if w.rest == nil || w.source == nil {
		return nil, errNoRest
	}
	pool, err := w.source.ResourcePool(ctx)
	if err != nil {
		return nil, err
	}
	folders, err := w.finder.FolderList(ctx, "vm")
	if err != nil {
		return nil, err
	}
	datastore := w.datastore.Reference().Value
	manager := library.NewManager(w.rest)
	id, err := manager.CreateLibrary(ctx, library.Library{Name: w.name, Type: "LOCAL",
		Storage: []library.StorageBackings{{DatastoreID: datastore, Type: "DATASTORE"}}})
	if err != nil {
		return nil, err
	}
	item, err := manager.CreateLibraryItem(ctx, library.Item{Name: w.name, Type: library.ItemTypeOVF, LibraryID: id})
	if err != nil {
		return nil, err
	}
	size := w.options.fileMegabytes << 20
	text := fmt.Sprintf(descriptor, size)
	err = w.push(ctx, manager, item, pushed{"machine.ovf", strings.NewReader(text), int64(len(text))},
		pushed{"disk.vmdk", content(13, size), size})
	if err != nil {
		return nil, err
	}
	deployer := vcenter.NewManager(w.rest)
	target := vcenter.Target{ResourcePoolID: pool.Reference().Value, FolderID: folders[0].Reference().Value}
	if _, err := deployer.FilterLibraryItem(ctx, item, vcenter.FilterRequest{Target: target}); err != nil {
		return nil, err
	}
	made, err := deployer.DeployLibraryItem(ctx, item, vcenter.Deploy{Target: target, DeploymentSpec: vcenter.DeploymentSpec{
		Name: w.name, DefaultDatastoreID: datastore, AcceptAllEULA: true}})
	if err != nil {
		return nil, err
	}
	w.machine = object.NewVirtualMachine(w.client, *made)
	name, err := w.machine.ObjectName(ctx)
	if err == nil && name != w.name {
		err = fmt.Errorf("the machine is called %s and not %s", name, w.name)
	}
	if err != nil {
		return nil, err
	}
	err = manager.DeleteLibrary(ctx, &library.Library{ID: id, Type: "LOCAL"})
	return map[string]interface{}{"bytes": size, "type": made.Type}, err
}

func (w *work) pull(ctx context.Context, manager *library.Manager, item string) (string, error) {
	session, err := manager.CreateLibraryItemDownloadSession(ctx, library.Session{LibraryItemID: item})
	if err != nil {
		return "", err
	}
	file, err := manager.PrepareLibraryItemDownloadSessionFile(ctx, session, "disk.iso")
	if err != nil {
		return "", err
	}
	if file.DownloadEndpoint == nil {
		if file, err = manager.GetLibraryItemDownloadSessionFile(ctx, session, "disk.iso"); err != nil {
			return "", err
		}
	}
	place, err := url.Parse(file.DownloadEndpoint.URI)
	if err != nil {
		return "", err
	}
	stream, _, err := w.rest.Download(ctx, place, &soap.DefaultDownload)
	if err != nil {
		return "", err
	}
	defer stream.Close()
	arriving := newDigesting(stream)
	if _, err := io.Copy(io.Discard, arriving); err != nil {
		return "", err
	}
	return arriving.hex(), manager.DeleteLibraryItemDownloadSession(ctx, session)
}
